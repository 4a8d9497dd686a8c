// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Captures;

/// <summary>Those who watch a port's frames. Frames cost nothing while nobody does. Thread safe.</summary>
public sealed class PortCapture
{
    private readonly Lock _gate = new();
    private PcapWriter[] _writers = [];

    public void Attach(PcapWriter writer)
    {
        lock (_gate)
        {
            _writers = [.. _writers, writer];
        }
    }

    public void Detach(PcapWriter writer)
    {
        lock (_gate)
        {
            _writers = [.. _writers.Where(w => w != writer)];
        }
    }

    internal void Record(ReadOnlySpan<byte> frame)
    {
        foreach (PcapWriter writer in Volatile.Read(ref _writers))
        {
            if (!writer.TryWrite(frame))
            {
                Detach(writer);
            }
        }
    }
}
