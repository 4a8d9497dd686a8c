// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Frames;

/// <summary>Somebody who takes frames: the guest's side of a vif, or a test.</summary>
public interface IFrameSink
{
    /// <summary>Whether another frame will be kept; who can wait waits while it is not so.</summary>
    bool HasRoom { get; }

    /// <summary>Takes a copy; the frame may have been changed afterwards, and is the caller's again.</summary>
    void Deliver(Frame frame);
}
