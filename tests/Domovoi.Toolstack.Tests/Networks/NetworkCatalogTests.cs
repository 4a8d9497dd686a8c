// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Networks;
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Networks;

public sealed class NetworkCatalogTests : IDisposable
{
    private readonly TemporaryDirectory _devices = new();

    public NetworkCatalogTests()
    {
        foreach (string path in (string[])["lo", "eth0", "eth1/bridge", "xenbr0/bridge"])
        {
            Directory.CreateDirectory(Path.Combine(_devices.Path, path));
        }
    }

    public void Dispose() => _devices.Dispose();

    [Theory]
    [InlineData(null, NetworkKind.Nat, null)]
    [InlineData("nat", NetworkKind.Nat, null)]
    [InlineData("xenbr0", NetworkKind.Bridge, "xenbr0")]
    [InlineData("xenbr1", NetworkKind.Bridge, "eth1")]      // as vif-bridge finds bridges of the older naming
    [InlineData("switch:lab", NetworkKind.Switch, "lab")]
    [InlineData("uplink:eth0", NetworkKind.Uplink, "eth0")]
    public void Bridge_NamesANetwork(string? bridge, NetworkKind kind, string? name)
    {
        NetworkChoice choice = Find(bridge);
        Assert.Equal((kind, name), (choice.Kind, choice.Name));
        Assert.Equal(kind == NetworkKind.Switch ? "/run/test/switches/lab" : null, choice.SwitchFolder);
    }

    [Theory]
    [InlineData("xenbr9", "it has eth1, xenbr0")]
    [InlineData("eth0", "bridge=uplink:eth0")]
    [InlineData("uplink:eth9", "eth0, eth1, lo, xenbr0")]
    [InlineData("switch:../x", "switch:lab")]
    [InlineData("switch:", "switch:lab")]
    public void Bridge_ThatIsNone_SaysWhatThereIs(string bridge, string said)
    {
        SourcePosition where = new("guest.cfg", 7, 3);
        Problem problem = Assert.Throws<ProblemException>(() => Find(bridge, where: where)).Problem;
        Assert.Contains(said, problem.Hint, StringComparison.Ordinal);
        Assert.Equal(where, problem.Where);
    }

    [Fact]
    public void VifWithoutABridge_FollowsXendsSettings()
    {
        Assert.Equal("xenbr0", Find(null, new XendSettings { Kind = HostNetworkKind.Bridge, Bridge = "xenbr0" }).Name);
        Assert.Equal("eth1", Find(null, new XendSettings { Kind = HostNetworkKind.Bridge }).Name);
        Assert.Equal(NetworkKind.Nat, Find(null, new XendSettings { Kind = HostNetworkKind.Bridge, VifsBehindNat = true }).Kind);
        Assert.True(Find("xenbr0", new XendSettings { Antispoof = true }).IsGuarded);
    }

    [Fact]
    public void Script_IsKnownByName()
    {
        Assert.Equal(NetworkKind.Nat, Find("xenbr0", script: "/etc/xen/scripts/vif-nat").Kind);
        Assert.Equal(NetworkKind.Bridge, Find("xenbr0", script: "vif-bridge").Kind);
    }

    [Fact]
    public void VifRoute_NeedsTheGuestsAddresses()
    {
        VifConfiguration vif = new() { Script = "vif-route", Addresses = ["10.0.0.5"], GatewayDevice = "eth0" };
        Assert.Equal((NetworkKind.Route, "eth0"), (Choose(vif).Kind, Choose(vif).Name));
        Assert.Equal(NetworkKind.Route, Choose(vif with { Script = null }, new XendSettings { VifsRouted = true }).Kind);
        Assert.Contains("ip=", Refusal(vif with { Addresses = [] }).Hint, StringComparison.Ordinal);
        Assert.Contains("eth0, eth1", Refusal(vif with { GatewayDevice = "eth9" }).Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vif-openvswitch", "bridge=switch:NAME")]
    [InlineData("/etc/xen/scripts/my-script", "vifname=")]
    public void Script_OfAnother_IsRefusedWithWhatToDo(string script, string said) =>
        Assert.Contains(said, Refusal(new VifConfiguration { Script = script }).Hint, StringComparison.Ordinal);

    private NetworkChoice Find(string? bridge, XendSettings? settings = null, string? script = null, SourcePosition? where = null) =>
        Choose(new VifConfiguration { Bridge = bridge, Script = script, Where = where }, settings);

    private NetworkChoice Choose(VifConfiguration vif, XendSettings? settings = null) =>
        new NetworkCatalog(new RunDirectory("/run/test"), settings ?? new XendSettings(), _devices.Path).Find(vif);

    private Problem Refusal(VifConfiguration vif) => Assert.Throws<ProblemException>(() => Choose(vif)).Problem;
}
