// SPDX-License-Identifier: MIT
using Domovoi.Backends.Rings;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Xenbus;

/// <summary>One PV device of a running domain: the back end's side of xenbus's state machine, the same for every kind.</summary>
/// <remarks>
/// Has its own thread, woken when the front end writes below its directory. The front end may come, go and come back:
/// <code>
/// front end      Initialising   Initialised/Connected   Closing    Closed     Initialising …
/// back end       InitWait       Connected               Closing    Closed     InitWait
///                               Connect()               Dispose()
/// </code>
/// A front end that starts anew without having closed (another kernel after kexec) is disconnected first. What it shows wrongly
/// closes the device and is told in <c>error</c> and in the domain's log; it may try again.
/// </remarks>
internal sealed class PvDevice : IDisposable
{
    private readonly ServedDomain _domain;
    private readonly DeviceNodes _nodes;
    private readonly BackendThread _thread;
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _leaving;
    private FrontEnd? _front;                               // this and the next: the device's thread
    private IDisposable? _connection;
    private bool _refused;                                  // until the front end starts anew

    internal PvDevice(ServedDomain domain, IBackendDevice device)
    {
        _domain = domain;
        Device = device;
        _nodes = new DeviceNodes(domain, device.Address);
        _thread = new BackendThread($"{device.Address}", Work);
    }

    internal IBackendDevice Device { get; }

    /// <summary>Ends when the guest has let go after <see cref="AskToLeave"/>.</summary>
    internal Task Released => _released.Task;

    internal XenbusState State => _nodes.BackState;

    /// <summary>Shows the device to the guest.</summary>
    internal void Start()
    {
        _nodes.Create(Device);
        _thread.Start();
    }

    internal void Wake() => _thread.Wake();

    /// <summary>Asks the guest to let go, which may take it as long as it likes.</summary>
    internal void AskToLeave()
    {
        _nodes.GoOffline();
        _leaving = true;
        _thread.Wake();
    }

    /// <summary>Stops serving at once.</summary>
    public void Dispose()
    {
        _thread.Dispose();
        Disconnect();
    }

    /// <summary>Takes the device out of the guest's sight; after <see cref="Dispose"/>.</summary>
    internal void RemoveNodes() => _nodes.Remove();

    internal TimeSpan Work()
    {
        if (Released.IsCompleted)
        {
            return Timeout.InfiniteTimeSpan;
        }

        XenbusState front = _nodes.FrontState;
        switch (front)
        {
            case XenbusState.Initialising:
                Disconnect();
                _refused = false;
                Show(_leaving ? XenbusState.Closed : XenbusState.InitWait);
                break;
            case XenbusState.Initialised or XenbusState.Connected when _connection is null && !_refused && !_leaving:
                Connect();
                break;
            case XenbusState.Closing:                        // it may have requests under way: serve them until it says Closed
                Show(XenbusState.Closing);
                break;
            case XenbusState.Closed or XenbusState.Unknown:
                Disconnect();
                _refused = false;
                Show(XenbusState.Closed);
                break;
        }

        if (_leaving)
        {
            Leave(front);
        }

        return _connection is ITendedConnection tended && State == XenbusState.Connected ? tended.Tend() : Timeout.InfiniteTimeSpan;
    }

    private void Connect()
    {
        FrontEnd front = new(_domain, Device.Address);
        try
        {
            _connection = Device.Connect(front);
            _front = front;
            Show(XenbusState.Connected);
        }
        catch (FrontEndException e)
        {
            front.Dispose();
            _refused = true;
            _domain.Log($"{Device.Address}: the guest's driver cannot be served: {e.Message}.");
            _nodes.ShowError(e.Message);
            Show(XenbusState.Closing);
        }
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
        _front?.Dispose();
        _front = null;
    }

    /// <summary>A driver that serves somebody says Closing or nothing until it can go; one that never connected does not matter.</summary>
    private void Leave(XenbusState front)
    {
        if (front is XenbusState.Closed or XenbusState.Unknown or XenbusState.Initialising)
        {
            Show(XenbusState.Closed);
            _released.SetResult();
        }
        else
        {
            Show(XenbusState.Closing);
        }
    }

    private void Show(XenbusState state)
    {
        if (_nodes.BackState != state)
        {
            _nodes.BackState = state;
        }
    }
}
