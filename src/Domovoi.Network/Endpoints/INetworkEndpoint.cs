// SPDX-License-Identifier: MIT
using Domovoi.Linux;
using Domovoi.Network.Frames;

namespace Domovoi.Network.Endpoints;

/// <summary>What stands behind a vif on the host's side: NAT, a TAP device, an interface, other guests. Belongs to whoever holds the vif's gate.</summary>
/// <remarks>
/// The vif's loop: <see cref="Prepare"/>, wait, <see cref="Receive"/>; <see cref="Send"/> at any time between. While that thread waits, a vCPU
/// may send a frame itself and <see cref="ReceiveNow"/> what has come back; an idle one may be told of <see cref="Arrivals"/> instead of the thread.
/// </remarks>
public interface INetworkEndpoint : IDisposable
{
    /// <summary>Unfinished work it takes with a frame.</summary>
    OffloadSupport Accepts { get; }

    /// <summary>Frames would be lost now; the guest's are left in its ring for a moment.</summary>
    bool IsCongested { get; }

    /// <summary>Sending a frame takes no longer than the host's kernel does for one, so that a vCPU may do it.</summary>
    bool IsPrompt { get; }

    /// <summary>Where its frames arrive; null when there is more to wait for than descriptors.</summary>
    ArrivalSet? Arrivals { get; }

    /// <summary>A driver in the guest has connected or gone, as if a cable were plugged.</summary>
    void SetCarrier(bool isUp);

    /// <summary>Passes a frame on, or drops it; never waits. The frame stays the caller's.</summary>
    void Send(Frame frame);

    /// <summary>Says what to wait for.</summary>
    /// <param name="set">Gets the descriptors.</param>
    /// <param name="sink">Who will take frames; while it has no room, none are waited for that can be left where they are.</param>
    /// <returns>The longest wait.</returns>
    TimeSpan Prepare(PollSet set, IFrameSink sink);

    /// <summary>Delivers what has come, as far as the sink has room.</summary>
    /// <param name="set">After the wait.</param>
    /// <param name="sink">Takes the frames.</param>
    void Receive(PollSet set, IFrameSink sink);

    /// <summary>Delivers a few frames that have come already, without the thread that waits.</summary>
    /// <returns>Whether that thread has to stop waiting and prepare anew: more may have come, or what it waits for is out of date.</returns>
    bool ReceiveNow(IFrameSink sink);
}
