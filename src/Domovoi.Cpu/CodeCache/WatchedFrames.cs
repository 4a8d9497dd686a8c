// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Memory;

namespace Domovoi.Cpu.CodeCache;

/// <summary>Frames that code is made from while other processors may still have them in their write tables.</summary>
/// <remarks>
/// Waiting for those would cost a time slice of the host whenever one of them is not running. So translation goes on from
/// what the frame holds, with a copy kept. Until all others have given up writing, the copy tells at each serializing instruction
/// whether they changed anything: all of those leave the engine or the block.
/// </remarks>
internal sealed class WatchedFrames(GuestMemory memory)
{
    private readonly List<Watched> _frames = [];

    private readonly record struct Watched(ulong Frame, byte[] Copy, List<RemoteTicket> Open);

    /// <summary>Keeps a frame until all tickets are done.</summary>
    internal void Add(ulong frame, List<RemoteTicket>? open)
    {
        if (open is not null)
        {
            _frames.Add(new Watched(frame, memory.Frame(frame).ToArray(), open));
        }
    }

    /// <summary>The frames that changed although nobody said so.</summary>
    internal List<ulong> TakeChanged()
    {
        List<ulong> changed = [];
        for (int i = _frames.Count - 1; i >= 0; i--)
        {
            Watched watched = _frames[i];
            bool isOver = watched.Open.TrueForAll(static ticket => ticket.IsDone);
            bool isChanged = !memory.Frame(watched.Frame).SequenceEqual(watched.Copy);
            if (isChanged)
            {
                changed.Add(watched.Frame);
            }

            if (isChanged || isOver)
            {
                _frames.RemoveAt(i);
            }
        }

        return changed;
    }

    internal bool AreAny => _frames.Count > 0;
}
