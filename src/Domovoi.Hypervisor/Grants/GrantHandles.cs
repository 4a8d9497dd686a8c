// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Grants;

/// <summary>The handles under which a guest knows the grants it mapped (<c>grant_handle_t</c>).</summary>
/// <remarks>Guarded by the grant table's gate.</remarks>
internal sealed class GrantHandles
{
    private readonly List<TrackedGrant?> _entries = [];
    private readonly Stack<uint> _free = [];

    public uint Add(TrackedGrant grant)
    {
        if (_free.TryPop(out uint handle))
        {
            _entries[(int)handle] = grant;
            return handle;
        }

        _entries.Add(grant);
        return (uint)_entries.Count - 1;
    }

    public bool TryFind(uint handle, out TrackedGrant grant)
    {
        TrackedGrant? found = handle < (uint)_entries.Count ? _entries[(int)handle] : null;
        grant = found.GetValueOrDefault();
        return found.HasValue;
    }

    public void Replace(uint handle, TrackedGrant grant) => _entries[(int)handle] = grant;

    public void Remove(uint handle)
    {
        _entries[(int)handle] = null;
        _free.Push(handle);
    }
}
