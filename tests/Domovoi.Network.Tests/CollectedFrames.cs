// SPDX-License-Identifier: MIT
using Domovoi.Network.Frames;

namespace Domovoi.Network;

/// <summary>Keeps the frames it gets.</summary>
internal sealed class CollectedFrames : IFrameSink
{
    internal List<byte[]> Frames { get; } = [];

    internal List<FrameOffload> Offloads { get; } = [];

    public bool HasRoom { get; set; } = true;

    public void Deliver(Frame frame)
    {
        Frames.Add(frame.Bytes.ToArray());
        Offloads.Add(frame.Offload);
    }
}
