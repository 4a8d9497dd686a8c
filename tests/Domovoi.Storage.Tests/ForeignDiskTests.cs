// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Storage.Nbd;

namespace Domovoi.Storage;

/// <summary>Images of other formats through a real qemu-nbd.</summary>
public sealed class ForeignDiskTests : IDisposable
{
    private const int MiB = 1 << 20;
    private readonly TemporaryImage _image = new(0);

    public ForeignDiskTests() => Assert.SkipUnless(
        File.Exists("/usr/bin/qemu-nbd") && File.Exists("/usr/bin/qemu-img"), "qemu-nbd is not installed (package qemu-utils)");

    public void Dispose() => _image.Dispose();

    [Theory]
    [InlineData("qcow2")]
    [InlineData("vpc")]
    [InlineData("vmdk")]
    public void WhatWasWritten_IsThereWhenOpenedAgain(string format)
    {
        Make(format);
        using Pinned written = new(256 * 1024, fill: 0x77);
        using Pinned read = new(256 * 1024);
        using (ForeignDisk disk = ForeignDisk.Open(_image.Path, format, new DiskOptions()))
        {
            Assert.InRange(disk.Length, 16 * MiB, 17 * MiB);
            Assert.Equal(0, disk.Write(MiB, written.Vectors(64)));
            Assert.Equal(0, disk.Flush());
            Assert.Equal(0, disk.Discard(4 * MiB, MiB));
        }

        using ForeignDisk again = ForeignDisk.Open(_image.Path, format, new DiskOptions(ReadOnly: true));
        Assert.Equal(0, again.Read(MiB, read.Vectors(2)));
        Assert.Equal(written.Bytes, read.Bytes);
    }

    [Fact]
    public void SharedImage_IsOpenedBesideAnother()
    {
        Make("qcow2");
        using ForeignDisk writer = ForeignDisk.Open(_image.Path, "qcow2", new DiskOptions());
        using ForeignDisk beside = ForeignDisk.Open(_image.Path, "qcow2", new DiskOptions(ReadOnly: true, Shared: true));
        Assert.Equal(writer.Length, beside.Length);
    }

    [Fact]
    public void Image_IsLocked_AndFreeAfterwards()
    {
        Make("qcow2");
        using (ForeignDisk.Open(_image.Path, "qcow2", new DiskOptions()))
        {
            Assert.Equal("disk-in-use", Assert.Throws<DiskException>(() => ForeignDisk.Open(_image.Path, "qcow2", new DiskOptions())).Code);
            Assert.Equal("disk-in-use", Assert.Throws<DiskException>(() => RawDisk.Open(_image.Path, new DiskOptions())).Code);
        }

        ForeignDisk.Open(_image.Path, "qcow2", new DiskOptions()).Dispose();
    }

    [Fact]
    public void ImageOfAnotherFormat_IsRefusedInQemusWords()
    {
        File.WriteAllBytes(_image.Path, new byte[MiB]);
        DiskException refused = Assert.Throws<DiskException>(() => ForeignDisk.Open(_image.Path, "qcow2", new DiskOptions()));
        Assert.Equal("qemu-nbd", refused.Code);
        Assert.Contains("qcow2", refused.Message);
    }

    [Fact]
    public void QemuNbd_EndsWithTheDisk_AndLeavesNoSocket()
    {
        Make("qcow2");
        int before = Count();
        using (ForeignDisk.Open(_image.Path, "qcow2", new DiskOptions()))
        {
            Assert.Equal(before + 1, Count());
            Assert.Empty(Directory.GetFiles(Path.GetTempPath(), $"domovoi-nbd-{Environment.ProcessId}-*"));
        }

        Assert.Equal(before, Count());

        int Count() => Process.GetProcessesByName("qemu-nbd").Count(process => CommandLine(process).Contains(_image.Path));
    }

    [Fact]
    public void Export_OfAForeignServer_IsReachedByItsAddress()
    {
        Make("qcow2");
        string socket = _image.Path + ".sock";
        using Process server = Process.Start("qemu-nbd", ["-f", "qcow2", "-x", "disk", "-k", socket, _image.Path]);
        SpinWait.SpinUntil(() => File.Exists(socket), 10_000);
        using (NbdDisk disk = NbdDisk.Open(NbdAddress.Parse($"nbd+unix:///disk?socket={socket}"), new DiskOptions(), TimeSpan.Zero))
        {
            Assert.Equal(16 * MiB, disk.Length);
        }

        Assert.True(server.WaitForExit(10_000));
    }

    private static string CommandLine(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private void Make(string format)
    {
        File.Delete(_image.Path);
        using Process create = Process.Start(new ProcessStartInfo("qemu-img", ["create", "-q", "-f", format, _image.Path, "16M"]))!;
        create.WaitForExit();
        Assert.Equal(0, create.ExitCode);
    }
}
