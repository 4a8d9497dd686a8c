// SPDX-License-Identifier: MIT
using Domovoi.Backends.Nics;
using Domovoi.Backends.Xenbus;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Networks;
using Domovoi.Contracts.Registry;
using Domovoi.DomainHost.Stores;
using Domovoi.Network;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;
using Domovoi.Xenstore.Store;

namespace Domovoi.DomainHost.Nics;

/// <summary>Runs the administrator's scripts that plug a domain's vifs in, as Xen's toolstack runs those of <c>/etc/xen/scripts</c>.</summary>
/// <remarks>
/// <c>SCRIPT online type_if=vif</c> when the vif comes, <c>SCRIPT offline type_if=vif</c> when it goes; between them the vif has a
/// xenstore of its own, which the script reaches with Xen's own tools (<c>xenstore-read</c>), because the guest's is made
/// anew at each boot. The domain's process runs them: its user's rights, no terminal.
/// </remarks>
internal sealed class HotplugScripts(DomainSpecification specification, Action<string> log)
{
    private readonly DomainId _domain = new((ushort)specification.Id);

    /// <summary>Runs the script for a device that exists, and waits for it.</summary>
    /// <returns>Runs it again when the device goes.</returns>
    /// <exception cref="NetworkException">It failed, said so in xenstore, or did not end in time.</exception>
    internal IDisposable PlugIn(NicSpecification nic, string device)
    {
        XenstoreServer store = new();
        GuestStoreTree.Write(store, specification);
        NodePath back = new DeviceAddress(NicDevice.Kind, nic.Index).Back(_domain);
        foreach ((string name, string? value) in Nodes(nic))
        {
            if (value is not null)
            {
                store.Write(back.Child(name), value);
            }
        }

        HotplugScript script = new(nic.Script!, nic.ScriptArguments, Surroundings(nic, device), store, back, log);
        script.ComeOnline();
        return script;
    }

    private IEnumerable<(string Name, string? Value)> Nodes(NicSpecification nic) =>
    [
        ("frontend", new DeviceAddress(NicDevice.Kind, nic.Index).Front(_domain).Value),
        ("frontend-id", $"{specification.Id}"),
        ("online", "1"),
        ("state", $"{(int)XenbusState.InitWait}"),
        ("script", nic.Script),
        ("mac", nic.Mac),
        ("bridge", nic.NetworkName),
        ("handle", $"{nic.Index}"),
        ("type", "vif"),
        ("ip", nic.Addresses is { Count: > 0 } addresses ? string.Join(' ', addresses) : null),
        ("vifname", nic.HostName),
        ("gatewaydev", nic.GatewayDevice),
        ("vlan", nic.Vlans),
        ("mtu", nic.Mtu == 0 ? null : $"{nic.Mtu}"),
    ];

    private Dictionary<string, string> Surroundings(NicSpecification nic, string device) => new()
    {
        ["script"] = nic.Script!,
        ["XENBUS_TYPE"] = NicDevice.Kind,
        ["XENBUS_PATH"] = $"backend/{NicDevice.Kind}/{specification.Id}/{nic.Index}",
        ["XENBUS_BASE_PATH"] = "backend",
        ["netdev"] = nic.GatewayDevice ?? "",
        ["vif"] = device,
        ["XENSTORED_PATH"] = new DomainFolder(specification.Folder).ScriptSocket(nic.Index),
    };
}
