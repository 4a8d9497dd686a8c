// SPDX-License-Identifier: MIT
using CsCheck;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Networks;

public sealed class XendSettingsReaderTests
{
    /// <summary>The lines a file of Xen's own distribution has, comments and other settings included.</summary>
    private const string Original = """
        # -*- sh -*-
        #(logfile /var/log/xen/xend.log)
        #(xend-http-server no)
        (xend-unix-server yes)
        (xend-relocation-hosts-allow '^localhost$ ^localhost\\.localdomain$')
        #(network-script network-bridge)
        (vif-script vif-bridge)
        (dom0-min-mem 196)
        (vncpasswd '')
        """;

    [Theory]
    [InlineData("", HostNetworkKind.Dummy, null, null, false)]
    [InlineData("(network-script network-dummy)", HostNetworkKind.Dummy, null, null, false)]
    [InlineData("(network-script network-bridge)", HostNetworkKind.Bridge, null, null, false)]
    [InlineData("(network-script 'network-bridge,netdev=eth1')", HostNetworkKind.Bridge, "eth1", null, false)]
    [InlineData("(network-script 'network-bridge netdev=eth1 bridge=xenbr1 antispoof=yes')", HostNetworkKind.Bridge, "eth1", "xenbr1", true)]
    [InlineData("(network-script \"network-bridge bridge=lan0\")", HostNetworkKind.Bridge, null, "lan0", false)]
    [InlineData("(network-script /etc/xen/scripts/network-bridge)", HostNetworkKind.Bridge, null, null, false)]
    public void NetworkScript_IsReadAsXendDid(string line, HostNetworkKind kind, string? device, string? bridge, bool antispoof)
    {
        XendSettings settings = XendSettingsReader.Read($"{Original}\n{line}\n", "xend-config.sxp");
        Assert.Equal((kind, device, bridge, antispoof), (settings.Kind, settings.Device, settings.Bridge, settings.Antispoof));
    }

    [Theory]
    [InlineData("(network-script network-bridge,netdev=eth1)", "(network-script 'network-bridge,netdev=eth1')")]
    [InlineData("(network-script network-bridge netdev=eth1)", "(network-script 'network-bridge netdev=eth1')")]
    [InlineData("(vif-script vif-bridge bridge=xenbr1)", "(vif-script 'vif-bridge bridge=xenbr1')")]
    public void MissingQuotes_AreShownWhereTheyBelong(string line, string corrected)
    {
        Problem problem = Assert.Throws<ProblemException>(() => XendSettingsReader.Read($"# first\n  {line}\n", "xend-config.sxp")).Problem;
        Assert.Contains(corrected, problem.Hint, StringComparison.Ordinal);
        Assert.Equal(("xend-config.sxp", 2), (problem.Where!.File, problem.Where.Line));
        Assert.Equal(HostNetworkKind.Bridge, XendSettingsReader.Read(corrected.Replace("vif-script 'vif-bridge", "network-script 'network-bridge", StringComparison.Ordinal), "f").Kind);
    }

    [Theory]
    [InlineData("(network-script network-route)", "(vif-script vif-route)")]
    [InlineData("(network-script 'network-bridge netdef=eth1')", "did you mean netdev=?")]
    [InlineData("(network-script 'network-bridge netdev=')", "no name")]
    [InlineData("(network-script 'network-bridge antispoof=perhaps')", "yes or no")]
    [InlineData("(network-script)", "missing")]
    [InlineData("(network-script network-bridge", "not closed")]
    [InlineData("network-script network-bridge)", "without a '('")]
    [InlineData("(network-script 'network-bridge)", "not closed")]
    [InlineData("(vif-script 'my-script bridge')", "not understood")]
    public void Mistakes_SayWhatToWrite(string line, string said)
    {
        Problem problem = Assert.Throws<ProblemException>(() => XendSettingsReader.Read(line, "f")).Problem;
        Assert.Contains(said, $"{problem.Message} {problem.Hint}", StringComparison.Ordinal);
        Assert.NotNull(problem.Where);
    }

    [Fact]
    public void VifScript_ChoosesWhatVifsWithoutABridgeGet()
    {
        Assert.True(XendSettingsReader.Read("(vif-script vif-nat)", "f").VifsBehindNat);
        Assert.True(XendSettingsReader.Read("(vif-script vif-route)", "f").VifsRouted);
        Assert.Equal("xenbr7", XendSettingsReader.Read("(vif-script 'vif-bridge bridge=xenbr7')", "f").VifBridge);
        XendSettings own = XendSettingsReader.Read("(vif-script '/opt/my-script bridge=br7 colour=blue')", "f");
        Assert.Equal(("/opt/my-script", null), (own.VifScript, own.VifBridge));
        Assert.Equal(["bridge=br7", "colour=blue"], own.VifScriptArguments);
    }

    [Fact]
    public void AnyText_IsReadOrRefused() => Gen.Char["()'\"# \n,=network-scriptbdge\\"].Array[0, 60].Sample(text =>
    {
        try
        {
            XendSettingsReader.Read("(network-script" + new string(text), "f");
        }
        catch (ProblemException e)
        {
            Assert.NotEmpty(e.Message);
        }
    });
}
