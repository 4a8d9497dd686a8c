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

    [Fact]
    public void Script_OfTheAdministrator_IsFoundByNameAndByPath_OrComesFromXendsSettings()
    {
        string path = Path.Combine(_devices.Path, "my-script");
        File.WriteAllText(path, "#!/bin/sh\n");
        VifConfiguration vif = new() { Script = "my-script", Bridge = "anything" };
        Assert.Contains($"chmod +x {path}", Refusal(vif).Hint, StringComparison.Ordinal);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(new NetworkChoice(NetworkKind.Script, "anything") { Script = path }, Choose(vif));
        Assert.Equal("xenbr0", Choose(vif with { Script = path, Bridge = null }).Name);
        Assert.Equal(path, Choose(vif with { Script = null }, new XendSettings { VifScript = "my-script" }).Script);
        Assert.Contains("switch:lab", Refusal(vif with { Bridge = "switch:lab" }).Message, StringComparison.Ordinal);
        Assert.Contains("there is no", Refusal(vif with { Script = "other-script" }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Script_OfXendsSettings_GetsItsArguments()
    {
        string path = Path.Combine(_devices.Path, "my-script");
        File.WriteAllText(path, "#!/bin/sh\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        NicPlanner planner = new("guest", Catalog(new XendSettings { VifScript = path, VifScriptArguments = ["colour=blue"] }));
        IReadOnlyList<NicSpecification> nics = planner.Plan([new VifConfiguration(), new VifConfiguration { Script = path }], []);
        Assert.Equal(["colour=blue"], nics[0].ScriptArguments);
        Assert.Empty(nics[1].ScriptArguments);
    }

    [Theory]
    [InlineData("ovs0", null)]
    [InlineData("ovs0.10", null)]
    [InlineData("ovs0.10:20:30", null)]
    [InlineData(null, "such as bridge=ovsbr0")]
    [InlineData("nat", "such as bridge=ovsbr0")]
    [InlineData("ovs0.4095", "such as bridge=ovsbr0")]
    [InlineData("ovs0 x", "such as bridge=ovsbr0")]
    public void VifOpenvswitch_TakesXlsFormOfABridge(string? bridge, string? hint)
    {
        VifConfiguration vif = new() { Script = "vif-openvswitch", Bridge = bridge };
        if (hint is null)
        {
            Assert.Equal((NetworkKind.OpenVswitch, bridge), (Choose(vif).Kind, Choose(vif).Name));
        }
        else
        {
            Assert.Contains(hint, Refusal(vif).Hint, StringComparison.Ordinal);
        }
    }

    private NetworkChoice Find(string? bridge, XendSettings? settings = null, string? script = null, SourcePosition? where = null) =>
        Choose(new VifConfiguration { Bridge = bridge, Script = script, Where = where }, settings);

    private NetworkChoice Choose(VifConfiguration vif, XendSettings? settings = null) =>
        Catalog(settings ?? new XendSettings()).Find(vif);

    private NetworkCatalog Catalog(XendSettings settings) => new(new RunDirectory("/run/test"), settings, _devices.Path, scripts: _devices.Path);

    private Problem Refusal(VifConfiguration vif) => Assert.Throws<ProblemException>(() => Choose(vif)).Problem;
}
