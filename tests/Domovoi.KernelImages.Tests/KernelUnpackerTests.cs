// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using CsCheck;

namespace Domovoi.KernelImages;

public sealed class KernelUnpackerTests
{
    public static TheoryData<string> Formats => [.. PackedText.Formats.Split(' ')];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Unpack_BzImage_GivesWhatWasPacked(string format) =>
        Assert.Equal(PackedText.Plain, KernelUnpacker.Unpack(PackedText.BzImage(format)));

    [Theory]
    [MemberData(nameof(Formats))]
    public void Unpack_ToStream_GivesWhatWasPacked(string format)
    {
        MemoryStream stream = new();

        KernelUnpacker.Unpack(PackedText.BzImage(format), stream);

        Assert.Equal(PackedText.Plain, stream.ToArray());
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Unpack_AnyPrefix_IsATypedError(string format)
    {
        byte[] file = PackedText.BzImage(format);
        for (int length = 0; length < file.Length; length++)
        {
            Assert.Throws<KernelImageException>(() => KernelUnpacker.Unpack(file.AsMemory(0, length)));
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Unpack_DamagedBytes_AreATypedErrorOrHarmless(string format) =>
        Gen.Select(Gen.Int[1024, PackedText.BzImage(format).Length - 1], Gen.Byte).Array[1, 3].Sample(
            changes =>
            {
                byte[] file = PackedText.BzImage(format);
                foreach ((int at, byte value) in changes)
                {
                    file[at] = value;
                }

                // The announced size is a whole gibibyte in the worst case; a test need not allocate that.
                int last = file.Length - 4;
                BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(last), BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(last)) & 0xFFFFF);
                Assert.True(Record.Exception(() => KernelUnpacker.Unpack(file)) is null or KernelImageException);
            },
            iter: 150);

    [Theory]
    [MemberData(nameof(Formats))]
    public void Unpack_WrongSizeWord_IsCorrupt(string format)
    {
        foreach (int difference in new[] { -1, 1 })
        {
            byte[] file = PackedText.BzImage(format);
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(file.Length - 4), PackedText.Plain.Length + difference);

            Fails("kernel-corrupt", file);
        }
    }

    [Fact]
    public void Unpack_BareGzip_GivesWhatWasPacked() =>
        Assert.Equal(PackedText.Plain, KernelUnpacker.Unpack(PackedText.Of("gzip")));

    [Fact]
    public void Unpack_PlainElf_IsTheFileItself()
    {
        byte[] elf = TestKernel.LikeLinux().ToElf();

        Assert.Equal(elf, KernelUnpacker.Unpack(elf));
    }

    [Fact]
    public void Unpack_BzImageOfPlainElf_IsThatElf()
    {
        byte[] elf = TestKernel.LikeLinux().ToElf();

        Assert.Equal(elf, KernelUnpacker.Unpack(TestKernel.BzImage(elf, null)));
    }

    [Fact]
    public void Unpack_EmptyFile_IsNoKernel() => Fails("kernel-unrecognised", []);

    [Fact]
    public void Unpack_Text_IsNoKernel() => Fails("kernel-unrecognised", "#!/bin/sh\n"u8.ToArray());

    [Fact]
    public void Unpack_Arm64Image_NamesTheArchitecture()
    {
        byte[] file = new byte[4096];
        "ARM\x64"u8.CopyTo(file.AsSpan(0x38));

        Assert.Contains("arm64", Fails("kernel-foreign-architecture", file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unpack_OldBootProtocol_IsTooOld()
    {
        byte[] file = PackedText.BzImage("gzip");
        file[0x206] = 7;
        file[0x207] = 2;

        Assert.Contains("2.07", Fails("kernel-too-old", file).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("894c5a4f000000000000000000000000")]
    [InlineData("00112233445566778899aabbccddeeff")]
    public void Unpack_UnknownCompression_SaysWhichAreKnown(string payload) => Assert.Contains(
        "zstd",
        Fails("kernel-compression-unsupported", TestKernel.BzImage(Convert.FromHexString(payload), 100)).Message,
        StringComparison.Ordinal);

    private static KernelImageException Fails(string code, byte[] file)
    {
        KernelImageException error = Assert.Throws<KernelImageException>(() => KernelUnpacker.Unpack(file));
        Assert.Equal(code, error.Code);
        return error;
    }
}
