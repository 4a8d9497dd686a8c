// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Images;

public sealed class DiskSizeTests
{
    [Theory]
    [InlineData("8G", 8L << 30)]
    [InlineData("512M", 512L << 20)]
    [InlineData("1.5G", 3L << 29)]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("1073741824", 1L << 30)]
    public void Size_AsPeopleWriteIt_IsBytes(string text, long bytes) => Assert.Equal(bytes, DiskSize.Parse(text, 1, long.MaxValue));

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("8 gigs")]
    [InlineData("-1G")]
    [InlineData("1M")]
    [InlineData("9999999T")]
    public void Size_ThatIsNone_IsRefused(string text) => Assert.Throws<ProblemException>(() => DiskSize.Parse(text, 1 << 30, 1L << 44));

    [Theory]
    [InlineData(8L << 30, "8G")]
    [InlineData(3L << 29, "1.5G")]
    [InlineData(100, "100")]
    public void Size_InWords_IsTheShortest(long bytes, string text) => Assert.Equal(text, DiskSize.Describe(bytes));
}
