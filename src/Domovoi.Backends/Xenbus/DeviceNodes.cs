// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;
using Domovoi.Xenstore.Store;

namespace Domovoi.Backends.Xenbus;

/// <summary>The two directories of one device in xenstore, as Xen's toolstack lays them out (xenstore-paths).</summary>
internal sealed class DeviceNodes
{
    private readonly XenstoreServer _store;
    private readonly DomainId _domain;
    private readonly NodePath _front;
    private readonly NodePath _back;

    internal DeviceNodes(ServedDomain domain, DeviceAddress address)
    {
        _store = domain.Store;
        _domain = domain.Id;
        _front = address.Front(domain.Id);
        _back = address.Back(domain.Id);
    }

    internal XenbusState FrontState => StateIn(_front);

    internal XenbusState BackState
    {
        get => StateIn(_back);
        set => Back("state", Number((int)value));
    }

    /// <summary>Writes all of both; the front end's <c>state</c> last, since it is what the guest's bus looks for.</summary>
    internal void Create(IBackendDevice device)
    {
        NodePermissions ours = NodePermissions.Of(
            new Permission(DomainId.Zero, AccessRights.None), new Permission(_domain, AccessRights.Read));
        NodePermissions theirs = NodePermissions.Of(
            new Permission(_domain, AccessRights.None), new Permission(DomainId.Zero, AccessRights.Read));
        _store.Write(_back, "", ours);
        Back("frontend", _front.Value);
        Back("frontend-id", Number(_domain.Value));
        Back("online", "1");
        foreach ((string name, string value) in device.BackNodes)
        {
            Back(name, value);
        }

        BackState = XenbusState.InitWait;
        _store.Write(_front, "", theirs);
        Front("backend", _back.Value);
        Front("backend-id", "0");
        foreach ((string name, string value) in device.FrontNodes)
        {
            Front(name, value);
        }

        Front("state", Number((int)XenbusState.Initialising));

        void Front(string name, string value) => _store.Write(_front.Child(name), value, theirs);
    }

    internal void Remove()
    {
        _store.Remove(_front);
        _store.Remove(_back);
    }

    internal void GoOffline() => Back("online", "0");

    /// <summary>Where xenbus drivers say why they gave up.</summary>
    internal void ShowError(string message) => Back("error", message);

    private void Back(string name, string value) => _store.Write(_back.Child(name), value);

    private XenbusState StateIn(NodePath directory) =>
        int.TryParse(_store.Read(directory.Child("state")), NumberStyles.None, CultureInfo.InvariantCulture, out int state)
        && state is >= (int)XenbusState.Initialising and <= (int)XenbusState.Reconfigured
            ? (XenbusState)state
            : XenbusState.Unknown;

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
