// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Store;

/// <summary>Makes edits on behalf of a domain: permissions and quota first, then the change.</summary>
internal static class TreeEditor
{
    /// <summary>Depth a guest may build: recursion over the tree stays shallow on any thread's stack.</summary>
    private const int MaximumDepth = 256;

    /// <summary>A node somebody wants to use; an absent one is only admitted to be absent where the caller may read its parent.</summary>
    internal static StoreError Find(StoreTree tree, DomainId caller, NodePath path, AccessRights wanted, out Node node)
    {
        Node? found = tree.Find(path);
        node = found ?? tree.FindNearest(path);
        if (found is null)
        {
            return node.Permissions.Allows(caller, AccessRights.Read) ? StoreError.ENOENT : StoreError.EACCES;
        }

        return found.Permissions.Allows(caller, wanted) ? StoreError.None : StoreError.EACCES;
    }

    /// <summary>Replaces <paramref name="tree"/> by the edited one, unless the answer is an error.</summary>
    internal static StoreError Apply(ref StoreTree tree, DomainId caller, Quota quota, Edit edit, List<Change> changes)
    {
        StoreTree edited = tree;
        StoreError error = edit switch
        {
            Edit.Write write => Write(ref edited, caller, quota, write),
            Edit.MakeDirectory make => MakeDirectory(ref edited, caller, quota, make),
            Edit.Remove remove => Remove(ref edited, caller, remove),
            Edit.SetPermissions set => SetPermissions(ref edited, caller, quota, set),
            _ => StoreError.ENOSYS,
        };

        if (error == StoreError.None && edited != tree)
        {
            changes.Add(new Change(edit.Path, tree.Find(edit.Path), edited.Find(edit.Path)));
            tree = edited;
        }

        return error;
    }

    private static StoreError Write(ref StoreTree tree, DomainId caller, Quota quota, Edit.Write edit)
    {
        StoreError error = MayWrite(tree, caller, quota, edit.Path, out Node nearest);
        if (error != StoreError.None)
        {
            return error;
        }

        if (caller != DomainId.Zero && edit.Value.Length + (nearest.Permissions.Entries.Count * 4) > quota.NodeSize)
        {
            return StoreError.ENOSPC;
        }

        tree = tree.With(edit.Path, caller, edit.Value);
        return StoreError.None;
    }

    private static StoreError MakeDirectory(ref StoreTree tree, DomainId caller, Quota quota, Edit.MakeDirectory edit)
    {
        StoreError error = MayWrite(tree, caller, quota, edit.Path, out _);
        if (error != StoreError.None)
        {
            // A node that is there need not be writable, only readable, for nothing to be done.
            return tree.Find(edit.Path) is { } there && there.Permissions.Allows(caller, AccessRights.Read)
                ? StoreError.None
                : error;
        }

        if (tree.Find(edit.Path) is null)
        {
            tree = tree.With(edit.Path, caller, value: null);
        }

        return StoreError.None;
    }

    private static StoreError Remove(ref StoreTree tree, DomainId caller, Edit.Remove edit)
    {
        if (edit.Path.IsRoot)
        {
            return StoreError.EINVAL;
        }

        StoreError error = Find(tree, caller, edit.Path, AccessRights.Write, out _);
        if (error == StoreError.None)
        {
            tree = tree.Without(edit.Path);
        }

        return error == StoreError.ENOENT && tree.Find(edit.Path.Parent) is not null ? StoreError.None : error;
    }

    private static StoreError SetPermissions(ref StoreTree tree, DomainId caller, Quota quota, Edit.SetPermissions edit)
    {
        StoreError error = Find(tree, caller, edit.Path, AccessRights.None, out Node node);
        if (error != StoreError.None)
        {
            return error;
        }

        if (!node.Permissions.IsOwnedBy(caller))
        {
            return StoreError.EACCES;
        }

        if (caller != DomainId.Zero)
        {
            if (edit.Permissions.Owner != node.Permissions.Owner)
            {
                return StoreError.EPERM;
            }

            if (edit.Permissions.Entries.Count > quota.Permissions
                || node.Value.Length + (edit.Permissions.Entries.Count * 4) > quota.NodeSize)
            {
                return StoreError.ENOSPC;
            }
        }

        tree = tree.With(edit.Path, caller, value: null, edit.Permissions);
        return StoreError.None;
    }

    private static StoreError MayWrite(StoreTree tree, DomainId caller, Quota quota, NodePath path, out Node nearest)
    {
        nearest = tree.FindNearest(path);
        if (!nearest.Permissions.Allows(caller, AccessRights.Write))
        {
            return StoreError.EACCES;
        }

        if (tree.Find(path) is not null || caller == DomainId.Zero)
        {
            return StoreError.None;
        }

        string[] names = path.Names;
        int missing = names.Length - DepthOf(tree, names);
        return names.Length > MaximumDepth || tree.OwnedBy(caller) + missing > quota.Nodes
            ? StoreError.ENOSPC
            : StoreError.None;
    }

    private static int DepthOf(StoreTree tree, string[] names)
    {
        int depth = 0;
        Node node = tree.Root;
        while (depth < names.Length && node.Children.TryGetValue(names[depth], out Node? child))
        {
            node = child;
            depth++;
        }

        return depth;
    }
}
