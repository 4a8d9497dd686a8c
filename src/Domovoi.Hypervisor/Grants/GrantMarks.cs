// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Grants;

/// <summary>What an entry permits, and the marks by which its guest sees that it is in use.</summary>
/// <remarks>Guarded by the grant table's gate; the guest changes entries meanwhile.</remarks>
internal sealed class GrantMarks(GrantEntries entries)
{
    /// <summary>The guest may change an entry while it is pinned, but not for ever.</summary>
    private const int LargestTries = 5;

    /// <summary>Checks an entry and marks it as used.</summary>
    internal GrantStatus TryAdd(
        GrantRef reference, in ActiveGrant active, DomainId user, bool readOnly, bool isCopy, out GrantFlags flags)
    {
        if (entries.Version == 1)
        {
            flags = GrantFlags.PermitAccess;
            return TryMark(ref entries.Head(reference), in active, user, readOnly) ? GrantStatus.Okay : GrantStatus.GeneralError;
        }

        return MarkStatus(reference, in active, user, readOnly, isCopy, out flags);
    }

    /// <summary>Version 2: the mark is made first, then the entry looked at again, for the guest looks in the other order.</summary>
    private GrantStatus MarkStatus(
        GrantRef reference, in ActiveGrant active, DomainId user, bool readOnly, bool isCopy, out GrantFlags flags)
    {
        uint head = Volatile.Read(ref entries.Head(reference));
        if (!Permits(head, in active, user, readOnly, isCopy))
        {
            flags = default;
            return GrantStatus.GeneralError;
        }

        entries.AddStatus(reference, readOnly ? GrantFlags.Reading : GrantFlags.Reading | GrantFlags.Writing);
        head = Volatile.Read(ref entries.Head(reference));     // the mark was a full barrier
        flags = (GrantFlags)(ushort)head;
        GrantStatus status = !Permits(head, in active, user, readOnly, isCopy) ? GrantStatus.GeneralError
            : active.IsPinned || (flags & GrantFlags.TypeMask) != GrantFlags.Transitive ? GrantStatus.Okay
            : AlongTransitive(reference);
        if (status != GrantStatus.Okay)
        {
            ClearUnused(reference, in active);
        }

        return status;
    }

    private static bool Permits(uint head, in ActiveGrant active, DomainId user, bool readOnly, bool isCopy)
    {
        GrantFlags flags = (GrantFlags)(ushort)head;
        GrantFlags kind = flags & (isCopy ? GrantFlags.TypeMask : GrantFlags.TypeMask | GrantFlags.SubPage);
        bool matches = head >> 16 == user.Value
            && (kind == GrantFlags.PermitAccess || (isCopy && kind == GrantFlags.Transitive));
        return (active.IsPinned || matches) && (readOnly || (flags & GrantFlags.ReadOnly) == 0);
    }

    /// <summary>
    /// Where a transitive grant leads: to this domain it may not, and the only other one, domain 0, grants nothing to anybody.
    /// </summary>
    private GrantStatus AlongTransitive(GrantRef reference)
    {
        GrantEntryV2 entry = entries.Read(reference);
        return entry.TransitiveDomain == DomainId.Zero && entry.TransitiveReference.Value >= GrantTable.EntriesPerFrame
            ? GrantStatus.BadReference
            : GrantStatus.GeneralError;
    }

    /// <summary>Checks an entry and sets <c>GTF_reading</c> and <c>GTF_writing</c> in one atomic step.</summary>
    private static bool TryMark(ref uint word, in ActiveGrant active, DomainId user, bool readOnly)
    {
        const uint kind = (uint)(GrantFlags.TypeMask | GrantFlags.SubPage);
        uint marks = (uint)(readOnly ? GrantFlags.Reading : GrantFlags.Reading | GrantFlags.Writing);
        uint old = Volatile.Read(ref word);
        for (int attempt = 0; attempt < LargestTries; attempt++)
        {
            bool matches = (old & kind) == (uint)GrantFlags.PermitAccess && old >> 16 == user.Value;
            bool refusesWrite = !readOnly && (old & (uint)GrantFlags.ReadOnly) != 0;
            if ((!active.IsPinned && !matches) || refusesWrite)
            {
                return false;
            }

            uint seen = Interlocked.CompareExchange(ref word, old | marks, old);
            if (seen == old)
            {
                return true;
            }

            old = seen;
        }

        return false;
    }

    /// <summary>Takes away the marks of uses that are over.</summary>
    internal void ClearUnused(GrantRef reference, in ActiveGrant active)
    {
        GrantFlags marks = active.Writers == 0 ? GrantFlags.Writing : 0;
        marks |= active.IsPinned ? 0 : GrantFlags.Reading;
        if (marks != 0)
        {
            entries.ClearMarks(reference, marks);
        }
    }
}
