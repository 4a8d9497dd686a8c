// SPDX-License-Identifier: MIT
using Domovoi.Toolstack.Host;

namespace Domovoi.Toolstack.Configuration;

/// <summary>xl's grammar for processors of the host, on one with eight in two nodes.</summary>
public sealed class CpuListTests
{
    private static readonly HostProcessors Host = new(
        [0, 1, 2, 3, 4, 5, 6, 7], new Dictionary<int, IReadOnlyList<int>> { [0] = [0, 1, 2, 3], [1] = [4, 5, 6, 7] });

    [Theory]
    [InlineData("all", "0-7")]
    [InlineData("3", "3")]
    [InlineData("0-3,5,^1", "0,2-3,5")]
    [InlineData("^1,0-3", "0-3")]
    [InlineData("all,^7", "0-6")]
    [InlineData("0, 2", "0,2")]
    [InlineData("0,,2,", "0,2")]
    [InlineData("node:1", "4-7")]
    [InlineData("nodes:0-1,^node:0", "4-7")]
    [InlineData("1,node:1,^6", "1,4-5,7")]
    [InlineData("nodes:all,^0-6", "7")]
    [InlineData("^2", "none")]
    [InlineData("", "none")]
    public void List_MeansWhatItMeansToXl(string text, string processors)
    {
        Assert.True(CpuList.TryParse(text, Host, out CpuList list, out _));
        Assert.Equal((processors, null), (CpuList.Show(list.Processors), list.Missing));
    }

    [Theory]
    [InlineData("6-9", "6-7", "CPU 8")]
    [InlineData("8", "none", "CPU 8")]
    [InlineData("0,0-2147483646", "0-7", "CPU 8")]
    [InlineData("nodes:1-3", "4-7", "node 2")]
    [InlineData("all,^12", "0-7", null)]
    public void List_NamesWhatTheHostDoesNotHave(string text, string processors, string? missing)
    {
        Assert.True(CpuList.TryParse(text, Host, out CpuList list, out _));
        Assert.Equal((processors, missing), (CpuList.Show(list.Processors), list.Missing));
    }

    [Theory]
    [InlineData("one")]
    [InlineData("^all")]
    [InlineData("3-1")]
    [InlineData("1-")]
    [InlineData("-1")]
    [InlineData("-")]
    [InlineData("1-2-3")]
    [InlineData("1 ,2")]
    [InlineData("4294967296")]
    [InlineData("node:")]
    [InlineData("node:x")]
    [InlineData("^^1")]
    public void Nonsense_IsNamed(string text)
    {
        Assert.False(CpuList.TryParse(text, Host, out _, out string mistake));
        Assert.Contains("found", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void All_IsShownByItsName() =>
        Assert.Equal(("all", "0-6"), (CpuList.Show([0, 1, 2, 3, 4, 5, 6, 7], Host), CpuList.Show([0, 1, 2, 3, 4, 5, 6], Host)));
}
