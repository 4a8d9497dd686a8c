// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Frames;

/// <summary>A record for each frame from the first of RAM on; what lies below is never populated and has none.</summary>
/// <remarks>Guarded by <see cref="FrameTable.Gate"/>.</remarks>
internal sealed class FrameRecords(FrameLayout layout)
{
    private readonly FrameRecord[] _records = new FrameRecord[layout.TotalFrames - layout.FirstRamFrame];
    private readonly ulong _first = layout.FirstRamFrame;

    /// <summary>How many there are.</summary>
    public int Count => _records.Length;

    /// <summary>The record of a frame that <see cref="Has"/> one.</summary>
    public ref FrameRecord this[ulong frame] => ref _records[IndexOf(frame)];

    /// <summary>Whether a frame, any number a guest may name, has a record.</summary>
    public bool Has(ulong frame) => IndexOf(frame) < (ulong)_records.Length;

    /// <summary>Where a frame's record lies among all; for tables beside this one.</summary>
    public ulong IndexOf(ulong frame) => frame - _first;

    /// <summary>Sets the records of a frame and of all behind it.</summary>
    public void FillFrom(ulong frame, FrameRecord record) => _records.AsSpan((int)IndexOf(frame)).Fill(record);
}
