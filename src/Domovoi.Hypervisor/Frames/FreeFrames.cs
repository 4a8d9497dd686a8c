// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Frames;

/// <summary>RAM frames no one holds: those never handed out, in the layout's order, and those given back.</summary>
/// <remarks>Guarded by <see cref="FrameTable.Gate"/>.</remarks>
internal sealed class FreeFrames(FrameLayout layout)
{
    private readonly List<uint> _returned = [];
    private ulong _nextNew;

    public void Add(ulong frame) => _returned.Add((uint)frame);

    /// <summary>Takes one frame, or several that follow each other.</summary>
    public bool TryTake(ulong count, out ulong first) =>
        count == 1 ? TryTakeOne(out first) : TryTakeNew(count, out first) || TryTakeRun((int)count, out first);

    private bool TryTakeOne(out ulong frame)
    {
        if (_returned.Count == 0)
        {
            return TryTakeNew(1, out frame);
        }

        frame = _returned[^1];
        _returned.RemoveAt(_returned.Count - 1);
        return true;
    }

    private bool TryTakeNew(ulong count, out ulong first)
    {
        first = 0;
        if (count > layout.RamFrames - _nextNew || (count > 1 && layout.Stride != 1))
        {
            return false;
        }

        first = layout.RamFrame(_nextNew);
        _nextNew += count;
        return true;
    }

    /// <summary>Looks for neighbours among the frames given back; sorts them first, as this is rare.</summary>
    private bool TryTakeRun(int count, out ulong first)
    {
        _returned.Sort();
        int run = 1;
        for (int index = 1; index < _returned.Count; index++)
        {
            run = _returned[index] == _returned[index - 1] + 1 ? run + 1 : 1;
            if (run == count)
            {
                int start = index - count + 1;
                first = _returned[start];
                _returned.RemoveRange(start, count);
                return true;
            }
        }

        first = 0;
        return false;
    }
}
