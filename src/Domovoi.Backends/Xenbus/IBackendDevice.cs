// SPDX-License-Identifier: MIT
namespace Domovoi.Backends.Xenbus;

/// <summary>What one kind of PV device adds to what all have in common (<see cref="PvDevice"/>).</summary>
/// <remarks>
/// Holds the host's side, such as an open image, and outlives the guest's reboots and reconnections; dispose closes that.
/// All members are called by the device's own thread, never by a vCPU's.
/// </remarks>
public interface IBackendDevice : IDisposable
{
    DeviceAddress Address { get; }

    /// <summary>What the front end finds in its own directory, beside what every device has: name and value.</summary>
    IReadOnlyList<KeyValuePair<string, string>> FrontNodes { get; }

    /// <summary>What our directory shows before the front end connects: features and parameters.</summary>
    IReadOnlyList<KeyValuePair<string, string>> BackNodes { get; }

    /// <summary>The front end has shown its rings: maps them, binds their events, writes what it waits for, and begins to serve.</summary>
    /// <returns>Dispose stops serving: nothing touches the guest's memory any more when it returns. What
    /// <paramref name="front"/> mapped and bound is given back afterwards by the caller.</returns>
    /// <exception cref="FrontEndException">What the front end shows cannot be used.</exception>
    IDisposable Connect(FrontEnd front);
}
