// SPDX-License-Identifier: MIT
using CsCheck;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>The grammar of libxlu_cfg.</summary>
public sealed class ConfigurationParserTests
{
    [Theory]
    [InlineData("a=1", "1")]
    [InlineData("a = 0x1F", null)]
    [InlineData("a = 0x1f # comment", "0x1f")]
    [InlineData("a=010;", "010")]
    [InlineData("a='it'", "it")]
    [InlineData("a=\"it\"", "it")]
    [InlineData("a='say \"x\"'", "say \"x\"")]
    [InlineData("a=\"say \\\"x\\\"\"", "say \"x\"")]
    [InlineData("a='# no comment; none'", "# no comment; none")]
    [InlineData("a='\\t\\n\\\\\\x41\\101'", "\t\n\\AA")]
    [InlineData("a=[]", "[]")]
    [InlineData("a=[ 1, 'two', ]", "[1|two]")]
    [InlineData("a=[\n\n1\n,\n2 # two\n,\n]", "[1|2]")]
    [InlineData("a=[ [1,2], [], 'x' ]", "[[1|2]|[]|x]")]
    [InlineData("b=1;a=2;;;c=3", "2")]
    [InlineData("a=1\na=2", "2")]
    [InlineData("a='x'\na+='y'", "xy")]
    [InlineData("a+='y'", "y")]
    [InlineData("a=[1]\na+=[2,3]", "[1|2|3]")]
    [InlineData("\t a\t=\t1\t", "1")]
    [InlineData("a=1\r\nb=2\r\n", "1")]
    [InlineData("#only\n\n#comments\na=1\n#end", "1")]
    [InlineData("b.c_9='x';a=1", "1")]
    public void Value_AsXlReadsIt(string text, string? expected)
    {
        if (expected is null)
        {
            Parsing.Problem(text);
            return;
        }

        Assert.Equal(expected, Parsing.Text(text, "a"));
    }

    [Theory]
    [InlineData("a", 1, 2)]
    [InlineData("a=", 1, 3)]
    [InlineData("\n  a = b", 2, 7)]
    [InlineData("A=1", 1, 1)]
    [InlineData("a=1 b=2", 1, 5)]
    [InlineData("a=[1 2]", 1, 6)]
    [InlineData("a=[,]", 1, 4)]
    [InlineData("a=[1,,2]", 1, 6)]
    [InlineData("a=[\n1,\n", 3, 1)]
    [InlineData("a='x", 1, 3)]
    [InlineData("a='x\ny'", 1, 3)]
    [InlineData("a='\\q'", 1, 4)]
    [InlineData("a='\\x4'", 1, 4)]
    [InlineData("a=1]", 1, 4)]
    [InlineData("a=/boot/x", 1, 3)]
    [InlineData("x=1\na=[1]\na+='s'", 3, 4)]
    [InlineData("import os", 1, 8)]
    [InlineData("=1", 1, 1)]
    [InlineData("1=1", 1, 1)]
    public void Mistake_IsPlacedWhereItStands(string text, int line, int column) =>
        Assert.Equal(new SourcePosition("t.cfg", line, column), Parsing.Problem(text).Where);

    [Fact]
    public void List_NestedWithoutEnd_IsAProblemAndNoStackOverflow() =>
        Assert.Equal("config-depth", Parsing.Problem("a=" + new string('[', 1_000_000)).Code);

    [Fact]
    public void LongLine_IsReadInLinearTime() =>
        Assert.Equal(10 << 20, Parsing.Text($"a='{new string('x', 10 << 20)}'", "a").Length);

    [Fact]
    public void AnyText_GivesSettingsOrAProblem() =>
        Gen.String[Gen.Char["a=[]',\"\\x;#+ \n\t01f.€()"], 0, 60].Sample(IsReadOrRefused);

    [Fact]
    public void ConfigurationWithNoise_GivesSettingsOrAProblem() =>
        Gen.Select(Gen.Int[0, 120], Gen.String[0, 4]).Sample((at, noise) =>
            IsReadOrRefused("name='x'\ndisk=[ 'a,b', [1,\n2], ]\nmemory+=0x200; vcpus=1 # y\nextra=\"q\\\"\"\n".Insert(Math.Min(at, 70), noise)));

    private static bool IsReadOrRefused(string text)
    {
        try
        {
            return Parsing.Settings(text).All.All(s => s.Where.Line <= text.Count(c => c == '\n') + 1);
        }
        catch (ProblemException e)
        {
            return e.Problem.Where is { Line: > 0, Column: > 0 } where && where.Line <= text.Count(c => c == '\n') + 1;
        }
    }
}
