// SPDX-License-Identifier: MIT
using CsCheck;
using Domovoi.Contracts;
using Domovoi.Contracts.Networks;
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Networks;

public sealed class VifParserTests
{
    private static readonly NetworkCatalog s_networks = new(new RunDirectory("/run/test"), new XendSettings());

    [Theory]
    [InlineData("", "")]
    [InlineData("mac=00:16:3E:74:3d:76,model=rtl8139,bridge=xenbr0", "mac=00:16:3e:74:3d:76,bridge=xenbr0")]
    [InlineData(" bridge = xenbr0 , vlan=10p/20/100-110 ", "bridge=xenbr0,vlan=10p/20/100-110")]
    [InlineData("ip=10.0.0.5 10.1.0.0/16 fd00::5", "ip=10.0.0.5 10.1.0.0/16 fd00::5")]
    [InlineData("rate=10Mb/s@20ms,vifname=web0,mtu=9000,devid=3,untrusted", "rate=10Mb/s@20ms,vifname=web0,devid=3,mtu=9000,untrusted")]
    [InlineData("type=ioemu,backend=Domain-0,netdev=eth0,script=vif-route", "script=vif-route,gatewaydev=eth0")]
    [InlineData("host-loopback=1,forward=2222:22", "host-loopback=1,forward=tcp:127.0.0.1:2222:22")]
    [InlineData("forward=2222:22,forward=udp:53:53", "forward=tcp:127.0.0.1:2222:22,forward=udp:127.0.0.1:53:53")]
    public void Vif_IsReadAndWrittenBack(string text, string expected)
    {
        string written = VifText.Of(VifParser.Parse(text));
        Assert.Equal(expected, written);
        Assert.Equal(expected, VifText.Of(VifParser.Parse(written)));
    }

    [Theory]
    [InlineData("mac=00:16:3e", "mac")]
    [InlineData("mac=01:00:5e:00:00:01", "group")]
    [InlineData("brigde=xenbr0", "did you mean bridge=?")]
    [InlineData("vlan=10/20", "vlan=10p/20")]
    [InlineData("rate=fast", "rate=10Mb/s")]
    [InlineData("ip=10.0.0.256", "10.0.0.256")]
    [InlineData("vifname=much-too-long-for-linux", "15")]
    [InlineData("vifname=../../etc", "letters")]
    [InlineData("devid=-1", "0 to 255")]
    [InlineData("backend=netdom", "driver domains")]
    [InlineData("xenbr0", "vif entries look like")]
    [InlineData("forward=22", "HOSTPORT:GUESTPORT")]
    public void Vif_ThatIsWrong_SaysWhatWasExpected(string text, string said)
    {
        SourcePosition where = new("guest.cfg", 3, 9);
        Problem problem = Assert.Throws<ProblemException>(() => VifParser.Parse(text, where)).Problem;
        Assert.Equal(where, problem.Where);
        Assert.Contains(said, $"{problem.Message} {problem.Hint}", StringComparison.Ordinal);
    }

    [Fact]
    public void AnyText_IsReadOrRefused() => Gen.Char["mac=bridgevlnpto,:/0123456789 -"].Array[0, 40].Sample(text =>
    {
        try
        {
            VifParser.Parse(new string(text));
        }
        catch (ProblemException e)
        {
            Assert.NotEmpty(e.Message);
        }
    });

    [Fact]
    public void Vifs_GetNumbersAndLastingAddresses()
    {
        NicPlanner planner = new("debian", s_networks);
        VifConfiguration[] vifs = [new() { Index = 1 }, new(), new() { Mac = "00:16:3e:01:02:03" }];
        IReadOnlyList<NicSpecification> nics = planner.Plan(vifs, taken: [0]);
        Assert.Equal([1, 2, 3], nics.Select(nic => nic.Index));
        Assert.Equal("00:16:3e:01:02:03", nics[2].Mac);
        Assert.Equal(nics[0].Mac, planner.Plan([new() { Index = 1 }], taken: [])[0].Mac);
        Assert.Equal(3, nics.Select(nic => nic.Mac).Distinct().Count());
        Assert.All(nics, nic => Assert.Equal(NetworkKind.Nat, nic.Network));
    }

    [Fact]
    public void Vifs_WithOneNumber_AreRefused() => Assert.Throws<ProblemException>(
        () => new NicPlanner("debian", s_networks).Plan([new() { Index = 1 }, new() { Index = 1 }], taken: []));

    [Fact]
    public void Vlans_NeedASwitch() => Assert.Contains(
        "switch",
        Assert.Throws<ProblemException>(() => new NicPlanner("d", s_networks).Plan([new() { Vlans = "10" }], taken: [])).Message,
        StringComparison.Ordinal);
}
