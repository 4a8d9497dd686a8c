// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Memory;

namespace Domovoi.Cpu;

/// <summary>The processors of one machine: what one of them must tell the others about code in memory.</summary>
/// <remarks>
/// Each processor has translated code of its own, so all it shares with others is guest memory and this rule: a frame that
/// any processor has code from is marked, and no processor's TLB lets it write to a marked frame unseen. The first store to
/// such a frame takes the mark away and makes all processors retire what they made from it.
/// </remarks>
public sealed class Processors : ICodeWriteObserver
{
    private volatile VirtualCpu[] _all = [];
    private readonly Lock _gate = new();                    // guards _open, and that marks are set together with it
    private readonly Dictionary<ulong, List<RemoteTicket>> _open = [];  // of marked frames that somebody may still write to unseen
    private VirtualCpu? _alone;                             // what no other may run guest code beside

    public Processors(GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        Memory = memory;
        memory.ObserveCodeWrites(this);
    }

    /// <summary>The memory they share.</summary>
    public GuestMemory Memory { get; }

    /// <summary>Whether there is more than one.</summary>
    internal bool AreSeveral => _all.Length > 1;

    /// <inheritdoc/>
    /// <remarks>Any thread: the code retires when each processor next looks.</remarks>
    public void CodeFrameWritten(ulong frame) => NoteWritten(frame, writer: null);

    /// <summary>Makes a processor known, before any runs.</summary>
    internal void Add(VirtualCpu processor) => _all = [.. _all, processor];

    /// <summary>All processors but <paramref name="writer"/> retire a frame's code, which was written to.</summary>
    internal void NoteWritten(ulong frame, VirtualCpu? writer)
    {
        Memory.SetHoldsCode(frame, false);
        foreach (VirtualCpu processor in _all)
        {
            if (processor != writer)
            {
                processor.Requests.Post(new RemoteRequest(RemoteRequestKind.RetireCode, frame));
            }
        }
    }

    /// <summary>Whether the processor must stay outside guest code for now.</summary>
    internal bool MustStayOut(VirtualCpu processor) => Volatile.Read(ref _alone) is { } alone && alone != processor;

    /// <summary>Keeps all others out of guest code until <see cref="EndAlone"/>.</summary>
    /// <returns>false when another is alone already: the caller must first leave guest code itself.</returns>
    internal bool TryBeginAlone(VirtualCpu processor)
    {
        if (Interlocked.CompareExchange(ref _alone, processor, null) is not null)
        {
            return false;
        }

        SpinWait spin = default;
        foreach (VirtualCpu other in _all)
        {
            while (other != processor && other.Requests.IsInside)
            {
                other.RequestAttention();
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        return true;
    }

    internal void EndAlone() => Volatile.Write(ref _alone, null);

    /// <summary>Marks a frame that <paramref name="reader"/> is about to translate from: stores to it must be seen from now on.</summary>
    /// <returns>What must come true before no other processor can still write unseen; null when none can.</returns>
    internal List<RemoteTicket>? Watch(ulong frame, VirtualCpu reader)
    {
        lock (_gate)
        {
            if (!Memory.HoldsCode(frame))
            {
                Memory.SetHoldsCode(frame, true);
                reader.RevokeWrites(frame);
                _open.Remove(frame);
                if (AreSeveral)
                {
                    _open.Add(frame, Revoke(frame, reader));
                }
            }

            if (!_open.TryGetValue(frame, out List<RemoteTicket>? tickets))
            {
                return null;
            }

            if (tickets.TrueForAll(static ticket => ticket.IsDone))
            {
                _open.Remove(frame);
                return null;
            }

            reader.RevokeWrites(frame);
            return tickets;
        }
    }

    private List<RemoteTicket> Revoke(ulong frame, VirtualCpu reader)
    {
        List<RemoteTicket> tickets = [];
        foreach (VirtualCpu processor in _all)
        {
            if (processor != reader)
            {
                tickets.Add(processor.Requests.Post(new RemoteRequest(RemoteRequestKind.RevokeWrites, frame, reader)));
            }
        }

        return tickets;
    }
}
