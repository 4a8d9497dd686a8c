// SPDX-License-Identifier: MIT
using Domovoi.Cpu;
using Domovoi.Cpu.Run;
using Domovoi.Hypervisor.Frames;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>Makes the processors of a domain forget translations: those that must, and no more than they must.</summary>
/// <remarks>
/// A kernel keeps its half of the address space through thousands of flushes; refilling it is what a flush costs. So a flush drops that
/// half's changed pages only, if they are known and few. Every member assumes <see cref="FrameTable.Gate"/> held.
/// </remarks>
internal sealed class TlbShootdown : IRememberTranslations
{
    private readonly List<AddressSpace> _spaces = [];
    private readonly StaleTranslations _stale;
    private RemoteTicket[] _tickets = [];                   // of the flush under way, by processor

    public TlbShootdown(StaleTranslations stale)
    {
        _stale = stale;
        _stale.Processors = this;
    }

    /// <summary>The processors, by number.</summary>
    public IReadOnlyList<AddressSpace> Spaces => _spaces;

    /// <summary>Makes a processor known.</summary>
    public AddressSpace Attach(VirtualCpu cpu)
    {
        AddressSpace space = new(cpu, _spaces.Count);
        _spaces.Add(space);
        _tickets = new RemoteTicket[_spaces.Count];
        return space;
    }

    /// <summary>Makes one processor forget all that may be wrong.</summary>
    public void Flush(AddressSpace space) => Begin(space).Wait();

    /// <summary>Makes every processor whose bit is set forget all that may be wrong.</summary>
    public void Flush(ulong vcpus)
    {
        foreach (AddressSpace space in _spaces)
        {
            _tickets[space.Index] = (vcpus >> space.Index & 1) != 0 ? Begin(space) : default;
        }

        Wait();
    }

    /// <summary>Makes every processor whose bit is set forget one page.</summary>
    public void Invalidate(ulong vcpus, ulong linear)
    {
        foreach (AddressSpace space in _spaces)
        {
            _tickets[space.Index] = (vcpus >> space.Index & 1) != 0 ? space.Cpu.InvalidatePage(linear) : default;
        }

        Wait();
    }

    /// <inheritdoc/>
    public uint OldestFlush
    {
        get
        {
            uint oldest = uint.MaxValue;
            foreach (AddressSpace space in _spaces)
            {
                oldest = Math.Min(oldest, space.FlushedAt);
            }

            return oldest;
        }
    }

    /// <inheritdoc/>
    public void ForgetUnlessFlushedAfter(uint clock)
    {
        foreach (AddressSpace space in _spaces)
        {
            _tickets[space.Index] = space.FlushedAt <= clock ? Begin(space) : default;
        }

        Wait();
    }

    /// <inheritdoc/>
    public void ForgetUnlessSeen(uint change)
    {
        foreach (AddressSpace space in _spaces)
        {
            _tickets[space.Index] = space.SeenChanges < change ? CatchUp(space) : default;
        }

        Wait();
    }

    /// <inheritdoc/>
    public void ForgetAll()
    {
        foreach (AddressSpace space in _spaces)
        {
            _tickets[space.Index] = space.Cpu.FlushTlb();
            (space.FlushedAt, space.SeenChanges) = (_stale.Flushes, _stale.Changes);
        }

        Wait();
    }

    private RemoteTicket Begin(AddressSpace space)
    {
        space.FlushedAt = _stale.CountFlush();
        if (!_stale.AreKnownSince(space.SeenChanges))
        {
            space.SeenChanges = _stale.Changes;
            return space.Cpu.FlushTlb();
        }

        RemoteTicket flushed = space.Cpu.FlushLowerHalf();
        return space.SeenChanges == _stale.Changes ? flushed : CatchUp(space);
    }

    /// <summary>Forgets the pages of the upper half that changed. The last request's ticket will do: a processor takes them in order.</summary>
    private RemoteTicket CatchUp(AddressSpace space)
    {
        RemoteTicket last = default;
        bool areKnown = _stale.AreKnownSince(space.SeenChanges);
        for (uint change = space.SeenChanges; areKnown && change < _stale.Changes; change++)
        {
            last = space.Cpu.InvalidatePage(_stale.PageOf(change));
        }

        if (!areKnown)
        {
            space.FlushedAt = _stale.CountFlush();
            last = space.Cpu.FlushTlb();
        }

        space.SeenChanges = _stale.Changes;
        return last;
    }

    /// <summary>All are asked before one is waited for: a processor that runs guest code never takes the frames' gate meanwhile.</summary>
    private void Wait()
    {
        foreach (RemoteTicket ticket in _tickets)
        {
            ticket.Wait();
        }
    }
}
