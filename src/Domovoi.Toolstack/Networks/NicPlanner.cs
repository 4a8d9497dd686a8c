// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Networks;
using Domovoi.Network.Frames;
using Domovoi.Toolstack.Configuration;

namespace Domovoi.Toolstack.Networks;

/// <summary>Gives each vif of a guest its number, its address and its network.</summary>
/// <param name="guest">What a generated address is made of: the UUID if the configuration sets it, otherwise the name.</param>
/// <param name="networks">Finds what <c>bridge=</c> names.</param>
public sealed class NicPlanner(string guest, NetworkCatalog networks)
{
    /// <param name="vifs">In the order of the configuration.</param>
    /// <param name="taken">Numbers the guest's other vifs have.</param>
    /// <exception cref="ProblemException">Two have one number, or a network does not exist.</exception>
    public IReadOnlyList<NicSpecification> Plan(IReadOnlyList<VifConfiguration> vifs, IEnumerable<int> taken)
    {
        ArgumentNullException.ThrowIfNull(vifs);
        HashSet<int> used = [.. taken];
        foreach (VifConfiguration vif in vifs.Where(static v => v.Index is not null))
        {
            if (!used.Add(vif.Index!.Value))
            {
                throw new ProblemException(new Problem("vif-index", $"vif: two of them have devid={vif.Index}", vif.Where));
            }
        }

        List<NicSpecification> nics = [];
        foreach (VifConfiguration vif in vifs)
        {
            int index = vif.Index ?? Enumerable.Range(0, int.MaxValue).First(i => !used.Contains(i));
            used.Add(index);
            nics.Add(Plan(vif, index));
        }

        return nics;
    }

    private NicSpecification Plan(VifConfiguration vif, int index)
    {
        NetworkChoice network = networks.Find(vif);
        if (vif.Forwards.Count > 0 && network.Kind != NetworkKind.Nat)
        {
            throw new ProblemException(new Problem(
                "forward-without-nat",
                $"vif: ports can be forwarded to a guest behind NAT only; this vif is {(network.Name is { } name ? $"on {name}" : "routed")}",
                vif.Where,
                "reach the guest by its own address there, or add a vif without bridge="));
        }

        if (vif.Vlans is not null && network.Kind is NetworkKind.Nat or NetworkKind.Route)
        {
            throw new ProblemException(new Problem(
                "vlan-without-switch", "vif: vlan= needs a switch, a bridge or an uplink; NAT and routes have no VLANs", vif.Where, "add bridge=switch:NAME"));
        }

        if (vif.HostLoopback && network.Kind != NetworkKind.Nat)
        {
            throw new ProblemException(new Problem(
                "loopback-without-nat", "vif: host-loopback= is for a guest behind NAT only", vif.Where, "leave it out, or leave bridge= out"));
        }

        return new NicSpecification
        {
            Index = index,
            Mac = vif.Mac ?? MacAddress.Generate(guest, index).ToString(),
            Network = network.Kind,
            NetworkName = network.Name,
            SwitchFolder = network.SwitchFolder,
            Vlans = vif.Vlans,
            Addresses = vif.Addresses.Count > 0 || network.IsGuarded ? vif.Addresses : null,
            Rate = vif.Rate,
            HostName = vif.HostName,
            Mtu = vif.Mtu,
            Trusted = vif.Trusted,
            Script = network.Script ?? vif.Script,
            ScriptArguments = network.Kind == NetworkKind.Script && string.IsNullOrEmpty(vif.Script) ? networks.ScriptArguments : [],
            GatewayDevice = vif.GatewayDevice,
            Forwards = vif.Forwards,
            HostLoopback = vif.HostLoopback,
        };
    }
}
