// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;

namespace Domovoi.Toolstack.Configuration;

public sealed class BootloaderSettingTests
{
    private const string Rest = "name='g'; memory=64;";

    [Theory]
    [InlineData("bootloader='pygrub'", null)]
    [InlineData("bootloader='/usr/lib/xen-4.17/bin/pygrub'; bootloader_args=['--entry=1>2', '-q']", "1>2")]
    [InlineData("bootloader='pygrub'; bootloader_args='--entry 3'", "3")]
    public void Pygrub_AsInXl_NeedsNoKernel(string text, string? entry)
    {
        GuestConfiguration guest = Read(text);
        Assert.Equal("", guest.Kernel);
        Assert.Equal(entry, guest.Bootloader!.Entry);
        Assert.Empty(guest.Warnings);
    }

    [Fact]
    public void Kernel_BesideABootloader_IsTheGuestsFile() =>
        Assert.Equal("/vmlinuz", Read("bootloader='pygrub'; kernel='/vmlinuz'; ramdisk='/initrd.img'").Bootloader!.Kernel);

    [Theory]
    [InlineData("bootloader='grub9'", "\"grub9\" is not known, expected \"pygrub\"")]
    [InlineData("bootloader='pygrub'; bootloader_args=['--entri=1']", "\"--entri=1\" is not known")]
    [InlineData("bootloader='pygrub'; bootloader_args=['--entry']", "--entry needs a value")]
    public void Mistake_IsShownWithItsPlace(string text, string message)
    {
        ProblemException refusal = Assert.Throws<ProblemException>(() => Read(text));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.NotNull(refusal.Problem.Where);
    }

    private static GuestConfiguration Read(string text)
    {
        SettingTable settings = new();
        ConfigurationParser.Parse(Rest + text, "guest.cfg", settings);
        return GuestConfigurationReader.Read(settings, "guest.cfg");
    }
}
