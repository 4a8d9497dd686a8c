// SPDX-License-Identifier: MIT
using System.Text;

namespace Domovoi.Toolstack.Provisioning;

/// <summary>The newc format, byte for byte.</summary>
public sealed class CpioArchiveTests
{
    [Fact]
    public void File_HasHeaderNameAndContents_EachPaddedToFour()
    {
        string text = Written(archive => archive.AddText("a", "hello"));
        string header = "070701" + "00000001" + "000081A4" + "00000000" + "00000000" + "00000001" + "00000000" + "00000005"
            + "00000000" + "00000000" + "00000000" + "00000000" + "00000002" + "00000000";
        Assert.StartsWith(header + "a\0hello\0\0\0" + "070701", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Archive_EndsWithTheTrailer() => Assert.EndsWith("TRAILER!!!\0\0\0\0", Written(_ => { }), StringComparison.Ordinal);

    [Fact]
    public void Parents_AreMadeOnce()
    {
        string text = Written(archive =>
        {
            archive.AddText("x/y/one", "");
            archive.AddText("/x/y/two", "");
        });
        Assert.Equal(1, text.Split("x/y\0").Length - 1);
    }

    private static string Written(Action<CpioArchive> add)
    {
        using MemoryStream stream = new();
        using (CpioArchive archive = new(stream))
        {
            add(archive);
        }

        Assert.Equal(0, stream.Length % 4);
        return Encoding.ASCII.GetString(stream.ToArray());
    }
}
