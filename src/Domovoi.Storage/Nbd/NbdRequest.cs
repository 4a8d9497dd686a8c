// SPDX-License-Identifier: MIT
using Domovoi.Linux;

namespace Domovoi.Storage.Nbd;

/// <summary>A request that has been sent and not been answered. Its memory belongs to who waits, so it always waits for the end.</summary>
internal sealed class NbdRequest(NbdCommand command, long offset, long length, IoVector[] vectors) : IDisposable
{
    /// <summary>Not an errno: the connection broke before the answer came, and the request may be sent again.</summary>
    internal const int ConnectionLost = -1;

    private const int EPROTO = 71;

    private readonly ManualResetEventSlim _done = new();
    private int _error;
    private bool _isFilled = command != NbdCommand.Read || length == 0;
    private bool[]? _filled;                                // by byte, while chunks have filled a part

    internal NbdCommand Command => command;

    internal long Offset => offset;

    internal long Length => length;

    /// <summary>Read: where the bytes go. Write: where they come from.</summary>
    internal IoVector[] Vectors => vectors;

    /// <summary>The first error counts.</summary>
    internal void Note(int error) => _error = _error == 0 ? error : _error;

    /// <summary>The answer is there. A read whose bytes did not all come is an error, whatever the server says.</summary>
    internal void Complete()
    {
        if (!_isFilled && _filled?.AsSpan().Contains(false) != false)
        {
            Note(EPROTO);
        }

        _done.Set();
    }

    internal int Wait()
    {
        _done.Wait();
        return _error;
    }

    /// <summary>Has each stretch of a part of the request's memory filled, in order.</summary>
    /// <param name="start">From the request's own beginning.</param>
    /// <param name="count">Bytes; inside the request.</param>
    /// <param name="fill">Gets a stretch.</param>
    internal void Fill(long start, long count, Action<IoVector> fill)
    {
        if (count == length)
        {
            _isFilled = true;
        }
        else
        {
            _filled ??= new bool[length];
            _filled.AsSpan((int)start, (int)count).Fill(true);
        }

        foreach (IoVector vector in vectors)
        {
            if (start < vector.Length && count > 0)
            {
                nint part = (nint)Math.Min(vector.Length - start, count);
                fill(new IoVector(vector.Address + (nint)start, part));
                count -= part;
                start = 0;
            }
            else
            {
                start -= Math.Min(start, vector.Length);
            }
        }
    }

    public void Dispose() => _done.Dispose();
}
