// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Frames;

/// <summary>Frames that are used again, so that traffic allocates nothing. Belongs to one thread.</summary>
/// <param name="mostKept">Frames kept for later; what is returned above that is left to the collector.</param>
public sealed class FramePool(int mostKept)
{
    private readonly Stack<Frame> _kept = new();

    public Frame Rent()
    {
        if (!_kept.TryPop(out Frame? frame))
        {
            return new Frame();
        }

        frame.Reset();
        return frame;
    }

    public void Return(Frame frame)
    {
        if (_kept.Count < mostKept)
        {
            _kept.Push(frame);
        }
    }
}
