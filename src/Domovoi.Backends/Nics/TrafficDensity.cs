// SPDX-License-Identifier: MIT
using Domovoi.Network.Ports;

namespace Domovoi.Backends.Nics;

/// <summary>Tells a ping from a stream: whether few bytes went through a port of late. Belongs to whoever holds the vif's gate.</summary>
internal sealed class TrafficDensity(PortCounters counters, TimeProvider time)
{
    /// <summary>In a millisecond; a stream of full frames has hundreds of thousands.</summary>
    private const long FewBytes = 16 * 1024;

    private readonly long _window = time.TimestampFrequency / 1000;

    private long _start = time.GetTimestamp();
    private long _bytesAtStart;
    private bool _wasSparse = true;

    /// <summary>Both of the last whole window and of the one that runs.</summary>
    internal bool IsSparse
    {
        get
        {
            long now = time.GetTimestamp();
            long total = counters.TransmittedBytes + counters.ReceivedBytes;
            long windows = (now - _start) / _window;
            bool isSparse = total - _bytesAtStart <= FewBytes * Math.Max(1, windows);
            bool wasSparse = _wasSparse;
            if (windows > 0)
            {
                (_start, _bytesAtStart, _wasSparse) = (now, total, isSparse);
                return isSparse;
            }

            return isSparse && wasSparse;
        }
    }
}
