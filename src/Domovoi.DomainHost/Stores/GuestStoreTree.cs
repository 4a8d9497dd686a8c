// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Contracts.Launch;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;
using Domovoi.Xenstore.Store;

namespace Domovoi.DomainHost.Stores;

/// <summary>The nodes a PV guest finds in xenstore when it starts, as Xen's toolstack writes them (xenstore-paths).</summary>
internal sealed class GuestStoreTree
{
    private readonly XenstoreServer _store;
    private readonly NodePath _home;
    private readonly NodePermissions _readable;
    private readonly NodePermissions _owned;

    private GuestStoreTree(XenstoreServer store, DomainId domain)
    {
        _store = store;
        _home = NodePath.OfDomain(domain);
        _readable = NodePermissions.Of(
            new Permission(DomainId.Zero, AccessRights.None), new Permission(domain, AccessRights.Read));
        _owned = NodePermissions.Of(new Permission(domain, AccessRights.None));
    }

    /// <summary>Writes everything but the rings, which are known only when the machine is built.</summary>
    internal static void Write(XenstoreServer store, DomainSpecification specification)
    {
        GuestStoreTree tree = new(store, new DomainId((ushort)specification.Id));
        tree.WriteHost();
        tree.WriteIdentity(specification);
        tree.WriteResources(specification);
        tree.WriteControl();
    }

    /// <summary><c>console/ring-ref</c>, <c>console/port</c>, <c>store/ring-ref</c>, <c>store/port</c>.</summary>
    internal static void WriteRings(
        XenstoreServer store, DomainId domain, (Mfn Page, EventPort Port) console, (Mfn Page, EventPort Port) xenstore)
    {
        GuestStoreTree tree = new(store, domain);
        tree.Readable("console/ring-ref", Number(console.Page.Value));
        tree.Readable("console/port", Number(console.Port.Value));
        tree.Readable("store/ring-ref", Number(xenstore.Page.Value));
        tree.Readable("store/port", Number(xenstore.Port.Value));
    }

    /// <summary>Processors that were added or taken away by <c>dom vcpu-set</c> are so in the next boot too, as in xl.</summary>
    internal static void KeepAvailability(XenstoreServer before, XenstoreServer after, DomainSpecification specification)
    {
        GuestStoreTree tree = new(after, new DomainId((ushort)specification.Id));
        for (int cpu = 0; cpu < specification.MaxVcpus; cpu++)
        {
            string node = Availability(cpu);
            if (before.Read(tree.At(node)) is { } availability)
            {
                tree.Readable(node, availability);
            }
        }
    }

    private void WriteHost()
    {
        _store.Write(NodePath.Parse("/local/domain/0/name"), "Domain-0");
        _store.Write(NodePath.Parse("/local/domain/0/domid"), "0");
    }

    private void WriteIdentity(DomainSpecification specification)
    {
        string vm = $"/vm/{specification.Uuid:D}";
        _store.Write(NodePath.Parse(vm), "", _readable);
        _store.Write(NodePath.Parse($"{vm}/uuid"), specification.Uuid.ToString("D"), _readable);
        _store.Write(NodePath.Parse($"{vm}/name"), specification.Name, _readable);
        _store.Write(_home, "", _readable);
        Readable("vm", vm);
        Readable("name", specification.Name);
        Readable("domid", Number((ulong)specification.Id));
    }

    private void WriteResources(DomainSpecification specification)
    {
        for (int cpu = 0; cpu < specification.MaxVcpus; cpu++)
        {
            Readable(Availability(cpu), cpu < specification.Vcpus ? "online" : "offline");
        }

        Readable("memory/static-max", Number(Math.Max(specification.MaxMemoryKiB, specification.MemoryKiB)));
        Readable("memory/target", Number(specification.MemoryKiB));
        Readable("memory/videoram", "0");
        Readable("device", "");
        Owned("device/suspend/event-channel");
        Readable("console/backend-id", "0");
        Readable("console/limit", "1048576");
        Readable("console/type", "xenconsoled");
        Readable("console/output", "pty");
        Readable("console/tty", "");
    }

    private void WriteControl()
    {
        Readable("control/platform-feature-multiprocessor-suspend", "1");
        Readable("control/platform-feature-xs_reset_watches", "1");
        foreach (string name in (string[])["shutdown", "feature-poweroff", "feature-reboot", "feature-suspend", "sysrq"])
        {
            Owned($"control/{name}");
        }

        foreach (string name in (string[])["data", "drivers", "feature", "attr", "error"])
        {
            Owned(name);
        }
    }

    private static string Availability(int cpu) => string.Create(CultureInfo.InvariantCulture, $"cpu/{cpu}/availability");

    private void Readable(string path, string value) => _store.Write(At(path), value, _readable);

    private void Owned(string path) => _store.Write(At(path), "", _owned);

    private NodePath At(string path) => NodePath.Parse($"{_home}/{path}");

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
