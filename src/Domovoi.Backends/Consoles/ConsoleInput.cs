// SPDX-License-Identifier: MIT
namespace Domovoi.Backends.Consoles;

/// <summary>What viewers have typed and the guest has not taken yet. Bounded: who types on waits. Outlives reboots. Thread safe.</summary>
public sealed class ConsoleInput
{
    private const int Capacity = 16 * 1024;

    private readonly object _gate = new();                  // a monitor: typists wait on it
    private readonly Queue<byte> _bytes = new();
    private bool _closed;

    /// <summary>Called after input arrived; must only wake someone.</summary>
    public Action? Arrived { get; set; }

    /// <summary>Adds what a viewer typed; waits while the guest is behind. Returns at once when the console is closed.</summary>
    public void Type(ReadOnlySpan<byte> input)
    {
        while (!input.IsEmpty)
        {
            lock (_gate)
            {
                while (_bytes.Count >= Capacity && !_closed)
                {
                    Monitor.Wait(_gate);
                }

                if (_closed)
                {
                    return;
                }

                int count = Math.Min(input.Length, Capacity - _bytes.Count);
                foreach (byte b in input[..count])
                {
                    _bytes.Enqueue(b);
                }

                input = input[count..];
            }

            Arrived?.Invoke();
        }
    }

    /// <summary>Takes the oldest bytes.</summary>
    public int Take(Span<byte> destination)
    {
        lock (_gate)
        {
            int count = Math.Min(destination.Length, _bytes.Count);
            for (int i = 0; i < count; i++)
            {
                destination[i] = _bytes.Dequeue();
            }

            Monitor.PulseAll(_gate);
            return count;
        }
    }

    /// <summary>Lets everybody go who waits; nothing more is taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }
}
