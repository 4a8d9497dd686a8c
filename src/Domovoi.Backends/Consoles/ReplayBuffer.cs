// SPDX-License-Identifier: MIT
namespace Domovoi.Backends.Consoles;

/// <summary>The last bytes that were printed, up to a fixed number. Not thread safe.</summary>
internal sealed class ReplayBuffer(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity];
    private long _written;

    internal int Count => (int)Math.Min(_written, capacity);

    internal void Append(ReadOnlySpan<byte> output)
    {
        if (output.Length > capacity)
        {
            _written += output.Length - capacity;
            output = output[^capacity..];
        }

        int start = (int)(_written % capacity);
        int first = Math.Min(output.Length, capacity - start);
        output[..first].CopyTo(_bytes.AsSpan(start));
        output[first..].CopyTo(_bytes);
        _written += output.Length;
    }

    /// <summary>The last <paramref name="count"/> bytes, or all there are.</summary>
    internal byte[] Last(int count)
    {
        count = Math.Clamp(count, 0, Count);
        int start = (int)((_written - count) % capacity);
        int first = Math.Min(count, capacity - start);
        byte[] result = new byte[count];
        _bytes.AsSpan(start, first).CopyTo(result);
        _bytes.AsSpan(0, count - first).CopyTo(result.AsSpan(first));
        return result;
    }
}
