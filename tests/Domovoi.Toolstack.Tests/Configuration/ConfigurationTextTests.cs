// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>Files that are no configuration.</summary>
public sealed class ConfigurationTextTests
{
    [Theory]
    [InlineData(new byte[] { (byte)'a', 0xFF }, 1, 2)]
    [InlineData(new byte[] { (byte)'a', (byte)'\n', 0xC3, 0xA4, 0 }, 2, 2)]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, 1, 1)]
    public void Decode_WhatIsNotText_SaysWhere(byte[] bytes, int line, int column) =>
        Assert.Equal(new SourcePosition("f", line, column), Refused(() => ConfigurationText.Decode(bytes, "f")).Where);

    [Fact]
    public void Decode_Text_IsKept() => Assert.Equal("name='ä'", ConfigurationText.Decode(Encoding.UTF8.GetBytes("\uFEFFname='ä'"), "f"));

    [Theory]
    [InlineData("/", "config-directory")]
    [InlineData("/nowhere/guest.cfg", "config-missing")]
    [InlineData("/dev/zero", "config-size")]
    [InlineData("", "config-unreadable")]
    public void Read_WhatIsNoFile_IsAProblem(string path, string code) => Assert.Equal(code, Refused(() => ConfigurationText.Read(path)).Code);

    [Fact]
    public void Read_TheNullDevice_IsAnEmptyConfiguration() => Assert.Empty(ConfigurationText.Read("/dev/null"));

    private static Problem Refused(Action action) => Assert.Throws<ProblemException>(action).Problem;
}
