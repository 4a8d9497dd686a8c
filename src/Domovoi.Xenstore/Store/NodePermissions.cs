// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using Domovoi.Xen.Abi;

namespace Domovoi.Xenstore.Store;

/// <summary>Who may do what with a node. The first entry names the owner, and what everybody without an entry of their own may do.</summary>
public sealed class NodePermissions
{
    private readonly ImmutableArray<Permission> _entries;

    private NodePermissions(ImmutableArray<Permission> entries) => _entries = entries;

    public DomainId Owner => _entries[0].Domain;

    public IReadOnlyList<Permission> Entries => _entries;

    public static NodePermissions Of(params ReadOnlySpan<Permission> entries)
    {
        ArgumentOutOfRangeException.ThrowIfZero(entries.Length);
        return new NodePermissions([.. entries]);
    }

    /// <summary>Parses the wire's strings; null if one is malformed or there is none.</summary>
    public static NodePermissions? TryParse(ReadOnlySpan<string> texts)
    {
        Permission[] entries = new Permission[texts.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            if (!Permission.TryParse(texts[i], out entries[i]))
            {
                return null;
            }
        }

        return entries.Length > 0 ? new NodePermissions([.. entries]) : null;
    }

    /// <summary>The same rights with another owner: what a node inherits from its parent.</summary>
    public NodePermissions OwnedBy(DomainId owner) =>
        owner == Owner ? this : new NodePermissions(_entries.SetItem(0, new Permission(owner, _entries[0].Rights)));

    /// <summary>Domain 0 and the owner may do everything.</summary>
    public bool Allows(DomainId caller, AccessRights wanted)
    {
        if (IsOwnedBy(caller))
        {
            return true;
        }

        AccessRights rights = _entries[0].Rights;
        foreach (Permission entry in _entries.AsSpan()[1..])
        {
            if (entry.Domain == caller)
            {
                rights = entry.Rights;
                break;
            }
        }

        return (rights & wanted) == wanted;
    }

    /// <summary>Whether <paramref name="caller"/> may change the permissions themselves.</summary>
    public bool IsOwnedBy(DomainId caller) => caller == DomainId.Zero || caller == Owner;
}
