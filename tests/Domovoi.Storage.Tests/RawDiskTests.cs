// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Domovoi.Storage;

public sealed class RawDiskTests : IDisposable
{
    private const int MiB = 1 << 20;
    private readonly TemporaryImage _image = new(4 * MiB);

    public void Dispose() => _image.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatWasWritten_IsRead(bool direct)
    {
        using RawDisk disk = RawDisk.Open(_image.Path, new DiskOptions(Direct: direct));
        using Pinned written = new(64 * 1024, fill: 7);
        using Pinned read = new(64 * 1024);
        Assert.Equal(0, disk.Write(8192, written.Vectors(16)));
        Assert.Equal(0, disk.Flush());
        Assert.Equal(0, disk.Read(8192, read.Vectors(4)));
        Assert.Equal(written.Bytes, read.Bytes);
    }

    [Fact]
    public void WhatIsInThePageCache_IsReadAndWrittenAtOnce()
    {
        using RawDisk disk = RawDisk.Open(_image.Path, new DiskOptions());
        using Pinned written = new(64 * 1024, fill: 7);
        using Pinned read = new(64 * 1024);
        Assert.Equal(0, disk.Write(8192, written.Vectors()));
        int error = disk.ReadNow(8192, read.Vectors(4));
        Assert.SkipWhen(error == 95, "the file system here cannot tell what is in the page cache");
        Assert.Equal(0, error);
        Assert.Equal(written.Bytes, read.Bytes);
        written.Bytes.Fill(8);
        Assert.Equal(0, disk.WriteNow(8192, written.Vectors(16)));
        Assert.Equal(0, disk.Read(8192, read.Vectors()));
        Assert.Equal(written.Bytes, read.Bytes);
    }

    [Fact]
    public void PastThePageCache_NothingIsDoneAtOnce()
    {
        using RawDisk disk = RawDisk.Open(_image.Path, new DiskOptions(Direct: true));
        using Pinned bytes = new(4096);
        Assert.Equal(IDisk.WouldWait, ((IDisk)disk).ReadNow(0, bytes.Vectors()));
        Assert.Equal(IDisk.WouldWait, ((IDisk)disk).WriteNow(0, bytes.Vectors()));
    }

    [Theory]
    [InlineData("/usr", "disk-directory")]
    [InlineData("/dev/zero", "disk-kind")]
    public void WhatIsNoFile_IsRefusedForReadingToo(string path, string code) =>
        Assert.Equal(code, Assert.Throws<DiskException>(() => RawDisk.Open(path, new DiskOptions(ReadOnly: true))).Code);

    [Fact]
    public void ReadBehindTheEnd_AtOnce_IsNoSuccess()
    {
        using RawDisk disk = RawDisk.Open(_image.Path, new DiskOptions());
        using Pinned read = new(8192);
        Assert.NotEqual(0, disk.ReadNow((4 * MiB) - 4096, read.Vectors()));
    }

    [Fact]
    public void ManyVectors_GoThroughThoughOneCallTakesFewer()
    {
        using RawDisk disk = RawDisk.Open(_image.Path, new DiskOptions());
        using Pinned written = new(3000 * 512, fill: 9);
        using Pinned read = new(3000 * 512);
        Assert.Equal(0, disk.Write(512, written.Vectors(3000)));
        Assert.Equal(0, disk.Read(512, read.Vectors(1500)));
        Assert.Equal(written.Bytes, read.Bytes);
    }

    [Fact]
    public void ReadBehindTheEnd_IsAnError()
    {
        using RawDisk disk = RawDisk.Open(_image.Path, new DiskOptions());
        using Pinned read = new(4096);
        Assert.Equal(5, disk.Read(4 * MiB, read.Vectors()));
    }

    [Fact]
    public void Discard_GivesTheRoomBack()
    {
        using RawDisk disk = RawDisk.Open(_image.Path, new DiskOptions());
        using Pinned data = new(MiB, fill: 1);
        disk.Write(0, data.Vectors());
        disk.Flush();
        long before = Blocks();
        int error = disk.Discard(0, MiB);
        Assert.SkipWhen(error == 95, "the file system here cannot punch holes");
        Assert.Equal(0, error);
        Assert.True(Blocks() < before);
        Assert.Equal(0, disk.Read(0, data.Vectors()));
        Assert.True(data.Bytes.IndexOfAnyExcept((byte)0) < 0);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]                          // any number may read
    public void TwoOfOneImage_AreKeptApart(bool firstReads, bool secondReads, bool allowed)
    {
        using RawDisk first = RawDisk.Open(_image.Path, new DiskOptions(ReadOnly: firstReads));
        DiskOptions options = new(ReadOnly: secondReads);
        if (allowed)
        {
            RawDisk.Open(_image.Path, options).Dispose();
            return;
        }

        DiskException refused = Assert.Throws<DiskException>(() => RawDisk.Open(_image.Path, options));
        Assert.Equal("disk-in-use", refused.Code);
        Assert.Contains("w!", refused.Hint);
    }

    [Fact]
    public void SharedImage_TakesNoLock()
    {
        using RawDisk first = RawDisk.Open(_image.Path, new DiskOptions());
        RawDisk.Open(_image.Path, new DiskOptions(Shared: true)).Dispose();
    }

    [Fact]
    public void Lock_GoesWithTheDisk()
    {
        RawDisk.Open(_image.Path, new DiskOptions()).Dispose();
        RawDisk.Open(_image.Path, new DiskOptions()).Dispose();
    }

    [Fact]
    public void Lock_KeepsQemuOut()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/qemu-img"), "qemu-img is not installed (package qemu-utils)");
        using RawDisk disk = RawDisk.Open(_image.Path, new DiskOptions());
        ProcessStartInfo start = new("qemu-img", ["resize", "-f", "raw", _image.Path, "8M"]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process qemu = Process.Start(start)!;
        Assert.Contains("lock", qemu.StandardError.ReadToEnd());
        qemu.WaitForExit();
        Assert.NotEqual(0, qemu.ExitCode);
    }

    [Theory]
    [InlineData("/nowhere/a.img", "disk-missing")]
    [InlineData("/tmp", "disk-directory")]
    public void AMistake_IsOneMessage(string path, string code) =>
        Assert.Equal(code, Assert.Throws<DiskException>(() => RawDisk.Open(path, new DiskOptions())).Code);

    [Fact]
    public void AnEmptyFile_IsNoDisk()
    {
        using TemporaryImage empty = new(0);
        Assert.Equal("disk-empty", Assert.Throws<DiskException>(() => RawDisk.Open(empty.Path, new DiskOptions())).Code);
        RawDisk.Open(_image.Path, new DiskOptions()).Dispose();
    }

    [Fact]
    public void Length_FollowsTheFile()
    {
        using RawDisk disk = RawDisk.Open(_image.Path, new DiskOptions());
        using FileStream file = new(_image.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.SetLength(8 * MiB);
        Assert.Equal(8 * MiB, disk.Length);
    }

    private long Blocks()
    {
        using Process stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%b", _image.Path]) { RedirectStandardOutput = true })!;
        return long.Parse(stat.StandardOutput.ReadToEnd(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
