// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Watches;

/// <summary>The watches of one connection, in the order they were set.</summary>
internal sealed class WatchTable
{
    private readonly List<Watch> _watches = [];

    internal IReadOnlyList<Watch> Entries => _watches;

    internal StoreError Add(Watch watch, Quota quota)
    {
        if (IndexOf(watch.Spelling, watch.Token) >= 0)
        {
            return StoreError.EEXIST;
        }

        if (_watches.Count >= quota.Watches && watch.Caller != DomainId.Zero)
        {
            return StoreError.E2BIG;
        }

        _watches.Add(watch);
        return StoreError.None;
    }

    internal StoreError Remove(string spelling, string token)
    {
        int index = IndexOf(spelling, token);
        if (index < 0)
        {
            return StoreError.ENOENT;
        }

        _watches.RemoveAt(index);
        return StoreError.None;
    }

    internal void Clear() => _watches.Clear();

    /// <summary>Tells <paramref name="fire"/> every event that a change means to these watches: reported path and token.</summary>
    internal void Match(in Change change, StoreTree after, Action<string, string> fire)
    {
        foreach (Watch watch in _watches)
        {
            if (watch.Covers(change.Path) is { } reported)
            {
                if (MayKnow(watch.Caller, in change, after))
                {
                    fire(reported, watch.Token);
                }
            }
            else if (change.After is null && WentWith(watch, in change) is { } gone
                && gone.Permissions.Allows(watch.Caller, AccessRights.Read))
            {
                fire(watch.Spelling, watch.Token);
            }
        }
    }

    /// <summary>The watched node, if it was removed because a parent was.</summary>
    private static Node? WentWith(Watch watch, in Change change)
    {
        if (watch.Path is not { } path || path.DepthBelow(change.Path) <= 0)
        {
            return null;
        }

        Node? node = change.Before;
        foreach (string name in path.Names.AsSpan(change.Path.Names.Length))
        {
            node = node?.Children.GetValueOrDefault(name);
        }

        return node;
    }

    private static bool MayKnow(DomainId caller, in Change change, StoreTree after) =>
        change.After?.Permissions.Allows(caller, AccessRights.Read) == true
        || change.Before?.Permissions.Allows(caller, AccessRights.Read) == true
        || (change.After is null && after.FindNearest(change.Path).Permissions.Allows(caller, AccessRights.Read));

    private int IndexOf(string spelling, string token) =>
        _watches.FindIndex(w => w.Spelling == spelling && w.Token == token);
}
