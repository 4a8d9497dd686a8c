// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Ports;

/// <summary>What went through a port, named from the guest's side. Written by the port's thread, read by any.</summary>
public sealed class PortCounters
{
    private long _transmittedFrames;
    private long _transmittedBytes;
    private long _receivedFrames;
    private long _receivedBytes;
    private long _vlanDrops;
    private long _spoofDrops;
    private long _malformed;
    private long _overflows;

    /// <summary>Frames the guest sent and the network got.</summary>
    public long TransmittedFrames => Volatile.Read(ref _transmittedFrames);

    public long TransmittedBytes => Volatile.Read(ref _transmittedBytes);

    /// <summary>Frames the guest got.</summary>
    public long ReceivedFrames => Volatile.Read(ref _receivedFrames);

    public long ReceivedBytes => Volatile.Read(ref _receivedBytes);

    /// <summary>Frames of the guest in VLANs that its port does not carry.</summary>
    public long VlanDrops => Volatile.Read(ref _vlanDrops);

    /// <summary>Frames of the guest under addresses that are not its own.</summary>
    public long SpoofDrops => Volatile.Read(ref _spoofDrops);

    /// <summary>Frames too short, too long, or not what their offload says.</summary>
    public long Malformed => Volatile.Read(ref _malformed);

    /// <summary>Frames for the guest that it did not take in time.</summary>
    public long Overflows => Volatile.Read(ref _overflows);

    internal void CountTransmit(int bytes) => Count(ref _transmittedFrames, ref _transmittedBytes, bytes);

    internal void CountReceive(int bytes) => Count(ref _receivedFrames, ref _receivedBytes, bytes);

    internal void CountVlanDrop() => Volatile.Write(ref _vlanDrops, _vlanDrops + 1);

    internal void CountSpoofDrop() => Volatile.Write(ref _spoofDrops, _spoofDrops + 1);

    /// <summary>Also called by the back end, for what never became a frame.</summary>
    public void CountMalformed() => Volatile.Write(ref _malformed, _malformed + 1);

    public void CountOverflow() => Volatile.Write(ref _overflows, _overflows + 1);

    private static void Count(ref long frames, ref long total, int bytes)
    {
        Volatile.Write(ref frames, frames + 1);
        Volatile.Write(ref total, total + bytes);
    }
}
