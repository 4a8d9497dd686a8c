// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Globalization;
using Domovoi.Contracts.Networks;
using Domovoi.Network;
using Domovoi.Network.Endpoints;
using Domovoi.Network.Frames;
using Domovoi.Network.Vlans;

namespace Domovoi.DomainHost.Nics;

/// <summary>A port of an Open vSwitch bridge, as Xen's <c>vif-openvswitch</c> makes one: by <c>ovs-vsctl</c>.</summary>
/// <remarks>The switch puts tags on and takes them off. A port left by a process that was killed is replaced by the next of its name.</remarks>
internal sealed class OpenVswitchPort : IDisposable
{
    private const string Program = "ovs-vsctl";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(35);

    private readonly string _device;

    private OpenVswitchPort(string device) => _device = device;

    /// <param name="device">The TAP device to be made.</param>
    /// <param name="bridge"><c>BRIDGE[.VLAN][:TRUNK:TRUNK]</c>.</param>
    /// <param name="nic">Whose port.</param>
    /// <param name="vlans">Of <c>vlan=</c>.</param>
    /// <exception cref="NetworkException">Open vSwitch is not installed, or refuses.</exception>
    internal static DeviceEndpoint Open(string device, string bridge, NicSpecification nic, VlanPolicy vlans)
    {
        string name = bridge.Split('.', ':')[0];
        string kind = Control("get", "bridge", name, "datapath_type").Trim('"');
        OffloadSupport accepts = kind == "netdev" ? OffloadSupport.None : OffloadSupport.All;   // in user space it takes finished frames only
        return DeviceEndpoint.Plugged(device, nic.Mtu, accepts, () =>
        {
            Control(
            [
                "--", "--if-exists", "del-port", device,
                "--", "add-port", name, device, .. Vlans(bridge, vlans),
                "--", "set", "interface", device, $"external-ids:attached-mac=\"{nic.Mac}\"",
            ]);
            DeviceEndpoint.SetUp(device);
            return new OpenVswitchPort(device);
        });
    }

    public void Dispose()
    {
        try
        {
            Control("--", "--if-exists", "del-port", _device);
        }
        catch (NetworkException)
        {
            // The device goes all the same; the next of its name replaces the port.
        }
    }

    private static IEnumerable<string> Vlans(string bridge, VlanPolicy vlans)
    {
        string[] trunks = bridge.Split(':')[1..];
        string[] tag = bridge.Split(':')[0].Split('.')[1..];
        if (!vlans.CarriesEverything)
        {
            trunks = [.. vlans.Members.All.Select(static vlan => vlan.Value.ToString(CultureInfo.InvariantCulture))];
            tag = [vlans.PortVlan.Value.ToString(CultureInfo.InvariantCulture)];
            trunks = trunks is [var only] && only == tag[0] ? [] : trunks;
        }

        return
        [
            .. tag.Select(static vlan => $"tag={vlan}"),
            .. trunks.Length == 0 ? (string[])[] : [$"trunks={string.Join(',', trunks)}"],
            .. tag.Length == 0 || trunks.Length == 0 ? (string[])[] : ["vlan_mode=native-untagged"],
        ];
    }

    private static string Control(params string[] arguments)
    {
        try
        {
            (int? code, string output) = HostCommand.Run(Program, ["--timeout=30", .. arguments], new Dictionary<string, string>(), Limit);
            return code == 0
                ? output
                : throw new NetworkException(
                    "openvswitch-refused",
                    $"Open vSwitch does not take the port: {(output.Length > 0 ? output.ReplaceLineEndings("; ") : "ovs-vsctl did not end")}",
                    "`ovs-vsctl show` shows its bridges; `ovs-vsctl add-br NAME` makes one; without its daemon `systemctl start openvswitch-switch` helps");
        }
        catch (Win32Exception)
        {
            throw new NetworkException(
                "openvswitch-missing", "script=vif-openvswitch: ovs-vsctl is not installed", "`apt install openvswitch-switch` brings it; bridge=switch:NAME is a switch with VLANs that needs nothing");
        }
    }
}
