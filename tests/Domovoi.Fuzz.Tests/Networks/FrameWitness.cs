// SPDX-License-Identifier: MIT
using Domovoi.Linux;
using Domovoi.Network.Endpoints;
using Domovoi.Network.Frames;
using Domovoi.Network.Offloads;

namespace Domovoi.Fuzz.Networks;

/// <summary>Either end of a port: keeps what came, and how.</summary>
internal sealed class FrameWitness : INetworkEndpoint, IFrameSink
{
    private readonly List<FrameOffload> _offloads = [];

    internal List<byte[]> Seen { get; } = [];

    public OffloadSupport Accepts { get; init; } = OffloadSupport.All;

    public bool IsCongested => false;

    public bool IsPrompt => true;

    public ArrivalSet? Arrivals => null;

    public bool HasRoom => true;

    public void SetCarrier(bool isUp)
    {
    }

    public void Send(Frame frame) => Deliver(frame);

    public void Deliver(Frame frame)
    {
        Assert.InRange(frame.Length, 1, Frame.MaximumLength);
        Seen.Add(frame.Bytes.ToArray());
        _offloads.Add(frame.Offload);
    }

    /// <summary>Nothing was left to do that this end cannot.</summary>
    internal void CheckOffloads(OffloadSupport support)
    {
        foreach (FrameOffload offload in _offloads)
        {
            Assert.True(offload.Kind switch
            {
                SegmentKind.Tcp4 => (support & OffloadSupport.Tcp4) != 0,
                SegmentKind.Tcp6 => (support & OffloadSupport.Tcp6) != 0,
                _ => true,
            }, "a frame was left to be segmented by who cannot");
            Assert.True(
                offload.Checksum != ChecksumState.Partial || (support & (OffloadSupport.Checksum4 | OffloadSupport.Checksum6 | OffloadSupport.Tcp4 | OffloadSupport.Tcp6)) != 0,
                "a checksum was left to who cannot");
        }

        _offloads.Clear();
    }

    public TimeSpan Prepare(PollSet set, IFrameSink sink) => Timeout.InfiniteTimeSpan;

    public void Receive(PollSet set, IFrameSink sink)
    {
    }

    public bool ReceiveNow(IFrameSink sink) => false;

    public void Dispose()
    {
    }
}
