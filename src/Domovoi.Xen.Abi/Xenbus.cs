// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary><c>enum xenbus_state</c>, io/xenbus.h: how far one end of a device is, in its <c>state</c> node.</summary>
public enum XenbusState
{
    /// <summary><c>XenbusStateUnknown</c>: there is no such node, or not this kind of value in it.</summary>
    Unknown = 0,

    /// <summary><c>XenbusStateInitialising</c></summary>
    Initialising = 1,

    /// <summary><c>XenbusStateInitWait</c>: has shown its features, waits for the other end.</summary>
    InitWait = 2,

    /// <summary><c>XenbusStateInitialised</c>: has shown its rings, waits for the other end to connect.</summary>
    Initialised = 3,

    /// <summary><c>XenbusStateConnected</c></summary>
    Connected = 4,

    /// <summary><c>XenbusStateClosing</c>: is going, or asks the other end to go.</summary>
    Closing = 5,

    /// <summary><c>XenbusStateClosed</c></summary>
    Closed = 6,

    /// <summary><c>XenbusStateReconfiguring</c></summary>
    Reconfiguring = 7,

    /// <summary><c>XenbusStateReconfigured</c></summary>
    Reconfigured = 8,
}
