// SPDX-License-Identifier: MIT
using System.IO.Compression;
using Domovoi.KernelImages.Caching;
using Domovoi.Xen.Abi;

namespace Domovoi.KernelImages;

public sealed class KernelCacheTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("domovoi-kernels-").FullName;

    private string Kernel => Path.Combine(_directory, "vmlinuz");

    private string Cache => Path.Combine(_directory, "cache");

    private string[] Kept => [.. Directory.EnumerateFiles(Cache, "*.elf")];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Open_PackedKernel_IsKeptAndReadFromThere()
    {
        WriteKernel(entry: 1);

        Assert.Equal(1UL, Open());
        Assert.Single(Kept);
        Assert.Equal(1UL, Open());
    }

    [Fact]
    public void Open_SecondTime_DoesNotReadTheKernel()
    {
        WriteKernel(entry: 1);
        Open();
        FileInfo before = new(Kept[0]);
        WriteKernelOverKept(entry: 7);

        Assert.Equal(7UL, Open());
        Assert.Equal(before.FullName, Assert.Single(Kept));
    }

    [Fact]
    public void Open_ChangedKernel_IsUnpackedAnew()
    {
        WriteKernel(entry: 1);
        Open();
        WriteKernel(entry: 2);

        Assert.Equal(2UL, Open());
        Assert.Equal(2, Kept.Length);
    }

    [Fact]
    public void Open_PlainElf_KeepsNothing()
    {
        File.WriteAllBytes(Kernel, Elf(3));

        Assert.Equal(3UL, Open());
        Assert.False(Directory.Exists(Cache));
    }

    [Fact]
    public void Open_KeptKernelCutAnywhere_IsMadeAnew()
    {
        WriteKernel(entry: 1);
        Open();
        byte[] whole = File.ReadAllBytes(Kept[0]);
        for (int length = 0; length < whole.Length; length += 97)
        {
            File.WriteAllBytes(Kept[0], whole[..length]);

            Assert.Equal(1UL, Open());
            Assert.Equal(whole, File.ReadAllBytes(Kept[0]));
        }
    }

    [Fact]
    public void Open_DamagedIndex_IsMadeAnew()
    {
        WriteKernel(entry: 1);
        Open();
        File.WriteAllText(Directory.GetFiles(Path.Combine(Cache, "index"))[0], "../../etc/passwd");

        Assert.Equal(1UL, Open());
    }

    [Fact]
    public void Open_CacheThatCannotBeMade_StillOpens()
    {
        WriteKernel(entry: 1);
        File.WriteAllText(Cache, "a file where the directory should be");

        Assert.Equal(1UL, Open());
    }

    [Fact]
    public void Open_DamagedKernel_LeavesNothingBehind()
    {
        WriteKernel(entry: 1);
        byte[] file = File.ReadAllBytes(Kernel);
        file[^20] ^= 0x55;
        File.WriteAllBytes(Kernel, file);

        Assert.Equal("kernel-corrupt", Assert.Throws<KernelImageException>(() => Open()).Code);
        Assert.Empty(Directory.GetFiles(Cache));
    }

    [Fact]
    public void Open_MoreThanTheLimit_DropsTheLongestUnused()
    {
        long one = Elf(1).Length + 64;
        for (ulong entry = 1; entry <= 4; entry++)
        {
            WriteKernel(entry);
            Open(maximumBytes: 2 * one);
        }

        Assert.Equal(2, Kept.Length);
    }

    [Fact]
    public void Open_MissingFile_SaysWhich()
    {
        KernelImageException error = Assert.Throws<KernelImageException>(() => Open());

        Assert.Equal("kernel-unreadable", error.Code);
        Assert.Contains(Kernel, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SparseKernel_KeepsItsZeros()
    {
        byte[] bytes = new byte[1 << 20];
        bytes[700_000] = 9;
        File.WriteAllBytes(Kernel, Pack(new TestKernel().Segment(0x10_0000, 1 << 20, bytes).Linux().ToElf()));
        Open();

        using KernelImage image = new KernelCache(Cache).Open(Kernel);
        byte[] found = new byte[bytes.Length];
        image.Source.Read(image.Segments[0].FileOffset, found);
        Assert.Equal(bytes, found);
        Assert.InRange(image.Source.NextData(image.Segments[0].FileOffset + 8192), image.Segments[0].FileOffset + 8192, image.Segments[0].FileOffset + 700_000);
    }

    private ulong? Open(long maximumBytes = KernelCache.DefaultMaximumBytes)
    {
        using KernelImage image = new KernelCache(Cache, maximumBytes).Open(Kernel);
        return image.Notes.Number(ElfNote.Entry);
    }

    private void WriteKernel(ulong entry) => File.WriteAllBytes(Kernel, Pack(Elf(entry)));

    /// <summary>Changes the kept kernel in place, as no one but a test would, to see that it is what is used.</summary>
    private void WriteKernelOverKept(ulong entry)
    {
        byte[] elf = Elf(entry);
        using FileStream kept = File.OpenWrite(Kept[0]);
        kept.Write(elf);
    }

    private static byte[] Elf(ulong entry) =>
        new TestKernel().Segment(0x10_0000, 0x1000, [1, 2, 3]).Linux().Note(ElfNote.Entry, entry).ToElf();

    private static byte[] Pack(byte[] elf)
    {
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(elf);
        }

        return TestKernel.BzImage(packed.ToArray(), null);
    }
}
