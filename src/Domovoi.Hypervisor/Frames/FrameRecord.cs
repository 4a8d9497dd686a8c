// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Frames;

/// <summary>What is known of one machine frame, in eight bytes: there is one for every 4 KiB of the guest.</summary>
/// <remarks>
/// <code>
/// Use         31     30 29   28        27      26 24   23 ............... 0
///             upper  owner   validated pinned  type    type count
/// References  31          30 ........................................ 0
///             allocated   reference count
/// </code>
/// The allocation and every type reference's holder each count as a reference.
/// </remarks>
internal struct FrameRecord
{
    private const uint TypeCountMask = 0x00FF_FFFF;
    private const int TypeShift = 24;
    private const uint TypeMask = 7u << TypeShift;
    private const uint PinnedBit = 1u << 27;
    private const uint ValidatedBit = 1u << 28;
    private const int OwnerShift = 29;
    private const uint OwnerMask = 3u << OwnerShift;
    private const uint UpperHalfBit = 1u << 31;
    private const uint AllocatedBit = 1u << 31;
    private const uint ReferenceMask = AllocatedBit - 1;

    private uint _use;
    private uint _references;

    public readonly FrameOwner Owner => (FrameOwner)((_use & OwnerMask) >> OwnerShift);

    public readonly FrameType Type => (FrameType)((_use & TypeMask) >> TypeShift);

    public readonly uint TypeCount => _use & TypeCountMask;

    public readonly uint References => _references & ReferenceMask;

    public readonly bool TypeCountIsFull => (_use & TypeCountMask) == TypeCountMask;

    /// <summary><c>PGC_allocated</c>: the domain holds the frame as part of its RAM.</summary>
    public bool IsAllocated
    {
        readonly get => (_references & AllocatedBit) != 0;
        set => _references = value ? _references | AllocatedBit : _references & ~AllocatedBit;
    }

    /// <summary><c>PGT_pinned</c></summary>
    public bool IsPinned
    {
        readonly get => (_use & PinnedBit) != 0;
        set => _use = value ? _use | PinnedBit : _use & ~PinnedBit;
    }

    /// <summary><c>PGT_validated</c></summary>
    public bool IsValidated
    {
        readonly get => (_use & ValidatedBit) != 0;
        set => _use = value ? _use | ValidatedBit : _use & ~ValidatedBit;
    }

    /// <summary>A page table that may map addresses of the upper half: of the guest's kernel.</summary>
    public bool MapsUpperHalf
    {
        readonly get => (_use & UpperHalfBit) != 0;
        set => _use = value ? _use | UpperHalfBit : _use & ~UpperHalfBit;
    }

    /// <summary>Whether the guest may name the frame and it is in use.</summary>
    public readonly bool IsGuestVisible =>
        (uint)(Owner - FrameOwner.Guest) <= FrameOwner.Shared - FrameOwner.Guest && References != 0;

    /// <summary>A validated page table of this level.</summary>
    public readonly bool IsTable(FrameType level) =>
        (_use & (TypeMask | ValidatedBit)) == (((uint)level << TypeShift) | ValidatedBit);

    public static FrameRecord Owned(FrameOwner owner, FrameType type) => new()
    {
        _use = ((uint)owner << OwnerShift) | ((uint)type << TypeShift) | (type == FrameType.None ? 0 : ValidatedBit | 1),
        _references = 1,
    };

    /// <summary>Adds a reference; false when the frame is not the guest's to name.</summary>
    public bool TryReference()
    {
        if (!IsGuestVisible || References == ReferenceMask)
        {
            return false;
        }

        _references++;
        return true;
    }

    /// <summary>Drops a reference; true when that was the last.</summary>
    public bool Unreference() => References != 0 && (--_references & ReferenceMask) == 0;

    /// <summary>Gives an unused frame a type, with no references of it yet.</summary>
    public void BecomeType(FrameType type, bool validated) =>
        _use = (_use & OwnerMask) | ((uint)type << TypeShift) | (validated ? ValidatedBit : 0);

    public void AddTypeReference() => _use++;

    /// <summary>Drops a type reference; true when that was the last.</summary>
    public bool DropTypeReference() => TypeCount != 0 && (--_use & TypeCountMask) == 0;
}
