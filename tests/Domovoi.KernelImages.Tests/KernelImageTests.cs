// SPDX-License-Identifier: MIT
using CsCheck;
using Domovoi.Xen.Abi;

namespace Domovoi.KernelImages;

public sealed class KernelImageTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Parse_Notes_AreFoundInSegmentsAndInSections(bool inSections)
    {
        TestKernel kernel = new TestKernel { NotesInSections = inSections }.Segment(0x10_0000, 0x1000, [1]).Linux().Note(ElfNote.Entry, 5);

        KernelImage image = kernel.Parse();

        Assert.Equal("linux", image.Notes.Text(ElfNote.GuestOs));
        Assert.Equal(5UL, image.Notes.Number(ElfNote.Entry));
    }

    [Fact]
    public void Parse_AnyPrefix_IsATypedErrorOrComplete()
    {
        byte[] file = TestKernel.LikeLinux().ToElf();
        for (int length = 0; length < file.Length - 128; length++)
        {
            Assert.Throws<KernelImageException>(() => KernelImage.Parse(new MemoryImage(file.AsMemory(0, length))));
        }
    }

    [Fact]
    public void Parse_DamagedBytes_AreATypedErrorOrHarmless() =>
        Gen.Select(Gen.Int[0, 600], Gen.Byte).Array[1, 6].Sample(
            changes =>
            {
                byte[] file = TestKernel.LikeLinux().ToElf();
                foreach ((int at, byte value) in changes)
                {
                    file[at] = value;
                }

                Exception? error = Record.Exception(() => PvKernel.From(KernelImage.Parse(new MemoryImage(file))));
                Assert.True(error is null or KernelImageException, error?.ToString());
            },
            iter: 4_000);

    [Theory]
    [InlineData(183, "arm64")]
    [InlineData(3, "32-bit x86")]
    [InlineData(243, "RISC-V")]
    [InlineData(999, "999")]
    public void Parse_OtherMachine_IsNamed(int machine, string name)
    {
        TestKernel kernel = new TestKernel { Machine = (ushort)machine }.Segment(0x10_0000, 0x1000, [1]);

        KernelImageException error = Assert.Throws<KernelImageException>(kernel.Parse);

        Assert.Equal("kernel-foreign-architecture", error.Code);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_NothingToLoad_IsCorrupt() =>
        Assert.Equal("kernel-corrupt", Assert.Throws<KernelImageException>(new TestKernel().Linux().Parse).Code);
}
