// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Grants;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Disks;

/// <summary>Pages that the front end uses again and again (<c>feature-persistent</c>): pinned once, until it disconnects. Thread safe.</summary>
internal sealed class PersistentGrants(GrantTable grants) : IDisposable
{
    /// <summary>What Linux's back end keeps per ring: every segment of every slot, and an indirect page for each.</summary>
    private const int Most = 1056;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, GrantMapping> _mappings = [];

    /// <summary>The page of a grant; null when it is not granted for writing, or there are too many: then it is pinned once only.</summary>
    internal GrantMapping? Find(GrantRef reference)
    {
        lock (_gate)
        {
            return FindLocked(reference);
        }
    }

    /// <summary>The frames of many grants, one for each; false when one of them has to be pinned by itself.</summary>
    internal bool TryFind(ReadOnlySpan<GrantRef> references, Span<Mfn> frames)
    {
        lock (_gate)
        {
            for (int index = 0; index < references.Length; index++)
            {
                if (FindLocked(references[index]) is not { } mapping)
                {
                    return false;
                }

                frames[index] = mapping.Frame;
            }
        }

        return true;
    }

    private GrantMapping? FindLocked(GrantRef reference)
    {
        if (!_mappings.TryGetValue(reference.Value, out GrantMapping? mapping) &&
            _mappings.Count < Most &&
            grants.TryMap(reference, readOnly: false, out mapping))
        {
            _mappings.Add(reference.Value, mapping!);
        }

        return mapping;
    }

    public void Dispose()
    {
        foreach (GrantMapping mapping in _mappings.Values)
        {
            mapping.Dispose();
        }

        _mappings.Clear();
    }
}
