// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;

namespace Domovoi.Toolstack.Configuration;

/// <summary>What the settings of xl.cfg(5) mean.</summary>
public sealed class GuestConfigurationReaderTests
{
    private const string Least = "name='g'; kernel='/etc/passwd'; memory=64\n";

    [Fact]
    public void Least_HasXlsDefaults()
    {
        GuestConfiguration guest = Read("");
        Assert.Equal(
            (EndAction.Destroy, EndAction.Restart, EndAction.Destroy, 64L, 64L, ""),
            (guest.OnPowerOff, guest.OnReboot, guest.OnCrash, guest.MemoryMiB, guest.MaxMemoryMiB, guest.CommandLine));
    }

    [Theory]
    [InlineData("cmdline='c'", "c")]
    [InlineData("root='/dev/xvda ro'", "root=/dev/xvda ro")]
    [InlineData("extra='4'", "4")]
    [InlineData("root='r'; extra='quiet'", "root=r quiet")]
    [InlineData("root='r'; extra='quiet'; extra+=' debug'", "root=r quiet debug")]
    [InlineData("cmdline='c'; root='r'; extra='e'", "c")]
    public void CommandLine_IsJoinedAsXlDoes(string text, string expected) => Assert.Equal(expected, Read(text).CommandLine);

    [Theory]
    [InlineData("memory=0x40", 64)]
    [InlineData("memory=0100", 64)]
    [InlineData("memory=\"128\"", 128)]
    public void Number_MayBeWrittenInThreeWays(string text, long expected) => Assert.Equal(expected, Read(text).MemoryMiB);

    [Theory]
    [InlineData("memory=0", "memory")]
    [InlineData("memory='lots'", "memory")]
    [InlineData("memory='-5'", "memory")]
    [InlineData("memory=[64]", "memory")]
    [InlineData("memory+=64", "memory")]
    [InlineData("memory=0x", "memory")]
    [InlineData("memory=099", "memory")]
    [InlineData("memory=99999999999999999999", "memory")]
    [InlineData("memory=9999999", "memory")]
    [InlineData("maxmem=32", "maxmem")]
    [InlineData("vcpus='two'", "vcpus")]
    [InlineData("vcpus=33", "vcpus")]
    [InlineData("vcpus=2; maxvcpus=1", "maxvcpus")]
    [InlineData("name=''", "name")]
    [InlineData("name='a/b'", "name")]
    [InlineData("name='123'", "name")]
    [InlineData("uuid='nope'", "uuid")]
    [InlineData("type='hvm'", "type")]
    [InlineData("type='vax'", "type")]
    [InlineData("builder='hvm'", "builder")]
    [InlineData("on_crash='explode'", "on_crash")]
    [InlineData("kernel='/'", "kernel")]
    [InlineData("kernel='/nowhere/vmlinuz'", "kernel")]
    [InlineData("ramdisk='/nowhere/initrd'", "ramdisk")]
    public void WrongValue_NamesTheKeyAndThePlace(string text, string key)
    {
        Problem problem = Assert.Throws<ProblemException>(() => Read(text)).Problem;
        Assert.StartsWith(key + ":", problem.Message, StringComparison.Ordinal);
        Assert.Equal(2, problem.Where?.Line);
    }

    [Theory]
    [InlineData("", "config-name")]
    [InlineData("name='x'; memory=64", "config-kernel")]
    public void MissingValue_IsAProblem(string text, string code) =>
        Assert.Equal(code, Assert.Throws<ProblemException>(() => GuestConfigurationReader.Read(Parsing.Settings(text), "t.cfg")).Problem.Code);

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("vcpus=4", 4, 4)]
    [InlineData("vcpus=2; maxvcpus=32", 2, 32)]
    [InlineData("maxvcpus=3", 1, 3)]
    [InlineData("vcpus=0; maxvcpus=0", 1, 1)]
    public void Vcpus_AtTheStartAndInAll(string text, int atStart, int most)
    {
        GuestConfiguration guest = Read(text);
        Assert.Equal((atStart, most), (guest.Vcpus, guest.MaxVcpus));
    }

    [Theory]
    [InlineData("vfb=['a']", "config-not-supported", null)]
    [InlineData("acpi=1", "config-not-for-pv", null)]
    [InlineData("memroy=3", "config-unknown", "did you mean memory?")]
    [InlineData("on_powerof='destroy'", "config-unknown", "did you mean on_poweroff?")]
    [InlineData("zzzzzz=1", "config-unknown", "see xl.cfg(5) for the names")]
    [InlineData("cmdline='c'; root='r'", "config-cmdline", null)]
    public void IgnoredSetting_WarnsAndNamesTheLine(string text, string code, string? hint)
    {
        Problem warning = Assert.Single(Read(text).Warnings);
        Assert.Equal((code, hint, 2), (warning.Code, warning.Hint, warning.Where?.Line));
    }

    [Fact]
    public void Mistake_TellsOfTheMisspeltNameBeforeIt()
    {
        ProblemException mistake = Assert.Throws<ProblemException>(
            () => GuestConfigurationReader.Read(Parsing.Settings("name='x'; kernle='/dev/null'; memory=64"), "t.cfg"));
        Assert.Equal(("config-kernel", "did you mean kernel?"), (mistake.Problem.Code, Assert.Single(mistake.Warnings).Hint));
    }

    [Theory]
    [InlineData("/dev/zero", "a device, a pipe or a socket")]
    [InlineData("/usr", "a directory")]
    public void Kernel_ThatIsNoFile_IsRefused(string kernel, string says) => Assert.Contains(
        says,
        Assert.Throws<ProblemException>(() => Read($"kernel='{kernel}'")).Problem.Message,
        StringComparison.Ordinal);

    [Fact]
    public void TranslationCache_IsASwitch()
    {
        Assert.True(Read("kernel='/bin/sh'").KeepsTranslations);
        Assert.True(Read("kernel='/bin/sh'; translation_cache=1").KeepsTranslations);
        Assert.False(Read("kernel='/bin/sh'; translation_cache=0").KeepsTranslations);
        ProblemException mistake = Assert.Throws<ProblemException>(() => Read("kernel='/bin/sh'\ntranslation_cache='no'"));
        Assert.Contains("expected one of \"0\", \"1\"", mistake.Problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryKeyOfTheManual_IsKnown() => Assert.All(
        ManualKeys.All,
        key => Assert.NotEqual(KeySupport.Unknown, KnownKeys.Of(key)));

    [Fact]
    public void CommandLineWords_WinOverTheFile()
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("g.cfg", Least + "extra='quiet'");
        GuestConfiguration guest = GuestConfigurationReader.Load(path, ["memory=96", "extra+=' debug'", "name='h'"]);
        Assert.Equal((96L, "quiet debug", "h"), (guest.MemoryMiB, guest.CommandLine, guest.Name));
    }

    [Fact]
    public void RelativePath_IsFoundBesideTheFile()
    {
        using TemporaryDirectory directory = new();
        string kernel = directory.Write("vmlinuz-of-test", "");
        string path = directory.Write("g.cfg", "name='x'; memory=64; kernel='vmlinuz-of-test'");
        Assert.Equal(kernel, GuestConfigurationReader.Load(path, []).Kernel);
    }

    private static GuestConfiguration Read(string text) => GuestConfigurationReader.Read(Parsing.Settings(Least + text), "t.cfg");
}
