// SPDX-License-Identifier: MIT
using CsCheck;
using Domovoi.Network.Endpoints;

namespace Domovoi.Network;

public sealed class PortForwardTests
{
    [Theory]
    [InlineData("2222:22", "tcp:127.0.0.1:2222:22")]
    [InlineData("tcp:127.0.0.1:8080:80", "tcp:127.0.0.1:8080:80")]
    [InlineData("0.0.0.0:8080:80", "tcp:0.0.0.0:8080:80")]
    [InlineData("udp:5353:53", "udp:127.0.0.1:5353:53")]
    [InlineData("5353:53/udp", "udp:127.0.0.1:5353:53")]
    public void Forward_IsRead(string text, string expected)
    {
        Assert.True(PortForward.TryParse(text, out PortForward forward));
        Assert.Equal(expected, forward.ToString());
    }

    [Theory]
    [InlineData("22")]
    [InlineData("0:22")]
    [InlineData("2222:65536")]
    [InlineData("sctp:1:2")]
    [InlineData("10.0:1:2")]
    [InlineData("1:2:3:4")]
    [InlineData("tcp")]
    public void Forward_ThatIsWrong_IsRefused(string text) => Assert.False(PortForward.TryParse(text, out _));

    [Fact]
    public void AnyText_IsSurvived() => Gen.Char["0123456789:/.tcpud"].Array[0, 20]
        .Sample(text => { _ = PortForward.TryParse(new string(text), out _); });
}
