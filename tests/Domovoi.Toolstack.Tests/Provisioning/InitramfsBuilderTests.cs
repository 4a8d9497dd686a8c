// SPDX-License-Identifier: MIT
using System.Text;

namespace Domovoi.Toolstack.Provisioning;

public sealed class InitramfsBuilderTests
{
    /// <summary>Linux, init/initramfs.c: an uncompressed archive begins at a multiple of four bytes, with zeroes before it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Append_BehindAnArchiveOfAnyLength_BeginsWhereTheKernelLooks(int remainder)
    {
        using MemoryStream output = new();
        output.Write(Enumerable.Repeat((byte)0x1F, 100 + remainder).ToArray());
        InitramfsBuilder.Append(new InitramfsContents { Command = "true" }, output);
        string text = Encoding.Latin1.GetString(output.ToArray());
        int start = text.IndexOf("070701", StringComparison.Ordinal);
        Assert.Equal((100 + remainder + 3) & ~3, start);
        Assert.All(text[(100 + remainder)..start], c => Assert.Equal('\0', c));
    }
}
