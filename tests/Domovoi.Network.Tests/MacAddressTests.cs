// SPDX-License-Identifier: MIT
using Domovoi.Network.Frames;

namespace Domovoi.Network;

public sealed class MacAddressTests
{
    [Fact]
    public void Generated_IsXensAndStaysTheSame()
    {
        MacAddress address = MacAddress.Generate("debian", 0);
        Assert.Equal("00:16:3e", address.ToString()[..8]);
        Assert.Equal(address, MacAddress.Generate("debian", 0));
        Assert.NotEqual(address, MacAddress.Generate("debian", 1));
        Assert.NotEqual(address, MacAddress.Generate("ubuntu", 0));
        Assert.Equal("00:16:3e:53:cf:88", MacAddress.Generate("frozen: guests keep their addresses", 0).ToString());
    }

    [Theory]
    [InlineData("00:16:3E:74:3d:76", "00:16:3e:74:3d:76")]
    [InlineData("0:1:2:3:4:5", "00:01:02:03:04:05")]
    public void Text_IsRead(string text, string expected) => Assert.Equal(expected, TestFrame.Mac(text).ToString());

    [Theory]
    [InlineData("00:16:3e:74:3d")]
    [InlineData("00:16:3e:74:3d:76:77")]
    [InlineData("00:16:3e:74:3d:g0")]
    [InlineData("00:16:3e:74:3d:076")]
    [InlineData("")]
    public void Text_ThatIsWrong_IsRefused(string text) => Assert.False(MacAddress.TryParse(text, out _));
}
