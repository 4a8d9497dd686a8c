// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Frames;

/// <summary>The frames of one vCPU's LDT that its processor has looked at; each is held as <see cref="FrameType.SegmentDescriptors"/>.</summary>
/// <remarks>
/// As in Xen a page of the LDT is checked when a selector first leads there, and let go when the LDT is replaced or when any
/// read-only mapping of such a frame goes. Every member assumes <see cref="FrameTable.Gate"/> held.
/// </remarks>
internal sealed class LdtShadow(FrameReferences references)
{
    /// <summary>Pages of 512 descriptors.</summary>
    private const int LargestLdtPages = 16;

    private readonly ulong[] _frames = new ulong[LargestLdtPages];      // 0 where nothing is held; no guest owns frame 0
    private bool _isEmpty = true;

    public bool TryGet(int page, out Mfn frame)
    {
        frame = new Mfn(_frames[page]);
        return frame.Value != 0;
    }

    /// <summary>Takes a frame into the shadow; false when it cannot hold descriptors, for one because it is mapped writable.</summary>
    public bool TryAdd(int page, Mfn frame)
    {
        if (references.GetTyped(frame.Value, FrameType.SegmentDescriptors) != XenError.None)
        {
            return false;
        }

        _frames[page] = frame.Value;
        _isEmpty = false;
        return true;
    }

    /// <summary>Lets every frame go.</summary>
    public void Clear()
    {
        if (_isEmpty)
        {
            return;
        }

        _isEmpty = true;
        for (int page = 0; page < _frames.Length; page++)
        {
            ulong frame = _frames[page];
            _frames[page] = 0;
            if (frame != 0)
            {
                references.PutTyped(frame);
            }
        }
    }
}
