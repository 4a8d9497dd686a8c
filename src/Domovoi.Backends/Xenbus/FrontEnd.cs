// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Backends.Rings;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;

namespace Domovoi.Backends.Xenbus;

/// <summary>A front end while it is connected: what it wrote in xenstore, and what of its memory and ports we use.</summary>
/// <remarks>Every value is read once and checked here. Dispose gives back all that was mapped and bound.</remarks>
public sealed class FrontEnd : IDisposable
{
    private readonly NodePath _front;
    private readonly NodePath _back;
    private readonly List<IDisposable> _held = [];

    internal FrontEnd(ServedDomain domain, DeviceAddress address)
    {
        Domain = domain;
        Address = address;
        _front = address.Front(domain.Id);
        _back = address.Back(domain.Id);
    }

    public ServedDomain Domain { get; }

    public DeviceAddress Address { get; }

    /// <summary>A node of the front end's, by its path below the device; null when it has not written it.</summary>
    public string? Read(string name) =>
        NodePath.TryParse(name, _front, out NodePath path) ? Domain.Store.Read(path) : null;

    /// <summary>A number the front end must have written.</summary>
    public uint Number(string name) => Read(name) is { } text
        ? Parse(name, text)
        : throw new FrontEndException($"{name} is missing");

    /// <summary>A number the front end may have written.</summary>
    public uint Number(string name, uint otherwise) => Read(name) is { } text ? Parse(name, text) : otherwise;

    /// <summary>Maps the pages whose grant references stand in these nodes, until the front end disconnects.</summary>
    public SharedPages Map(params ReadOnlySpan<string> names)
    {
        GrantRef[] references = new GrantRef[names.Length];
        for (int index = 0; index < names.Length; index++)
        {
            references[index] = new GrantRef(Number(names[index]));
        }

        SharedPages pages = SharedPages.TryMap(Domain.Grants, Domain.Memory, references)
            ?? throw new FrontEndException($"{names[0]}: not granted to domain 0 for writing");
        _held.Add(pages);
        return pages;
    }

    /// <summary>Binds the event channel whose port stands in this node, until the front end disconnects.</summary>
    /// <param name="name">The node.</param>
    /// <param name="onSignal">Runs on the vCPU's thread: must not wait (<see cref="BackendThread.Wake"/>).</param>
    public EventBinding Bind(string name, Action onSignal)
    {
        uint port = Number(name);
        EventBinding binding = EventBinding.TryBind(Domain.Events, new EventPort(port), onSignal)
            ?? throw new FrontEndException($"{name}: port {port} does not wait for domain 0");
        _held.Add(binding);
        return binding;
    }

    /// <summary>Shows the front end a value in our directory.</summary>
    public void Show(string name, string value) => Domain.Store.Write(_back.Child(name), value);

    /// <summary>As <see cref="Show(string, string)"/>.</summary>
    public void Show(string name, ulong value) => Show(name, value.ToString(CultureInfo.InvariantCulture));

    public void Dispose()
    {
        for (int index = _held.Count - 1; index >= 0; index--)
        {
            _held[index].Dispose();
        }

        _held.Clear();
    }

    private static uint Parse(string name, string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value)
            ? value
            : throw new FrontEndException($"{name} is not a number");
}
