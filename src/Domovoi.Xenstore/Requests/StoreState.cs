// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Transactions;
using Domovoi.Xenstore.Watches;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Requests;

/// <summary>All that the server remembers. Everything here belongs to the holder of the server's lock.</summary>
/// <remarks>To save: the tree, the permissions of the special events, and each connection's watches, transactions and buffers.</remarks>
internal sealed class StoreState(Quota quota)
{
    internal const string IntroduceDomain = "@introduceDomain";
    internal const string ReleaseDomain = "@releaseDomain";

    private readonly List<(NodePath Path, Action<NodePath> Changed)> _localWatches = [];
    private readonly List<Action> _pendingCalls = [];

    internal StoreTree Tree { get; set; } = StoreTree.Empty;

    internal Quota Quota { get; } = quota;

    internal List<ConnectionState> Connections { get; } = [];

    internal Dictionary<string, NodePermissions> SpecialEvents { get; } = new()
    {
        [IntroduceDomain] = NodePermissions.Of(new Permission(DomainId.Zero, AccessRights.None)),
        [ReleaseDomain] = NodePermissions.Of(new Permission(DomainId.Zero, AccessRights.None)),
    };

    internal bool IsIntroduced(DomainId domain) =>
        domain == DomainId.Zero || Connections.Exists(c => c.Domain == domain);

    internal StoreError Apply(DomainId caller, Edit edit)
    {
        StoreTree tree = Tree;
        List<Change> changes = [];
        StoreError error = TreeEditor.Apply(ref tree, caller, Quota, edit, changes);
        Adopt(tree, changes);
        return error;
    }

    internal StoreError Commit(DomainId caller, Transaction transaction)
    {
        StoreTree tree = Tree;
        List<Change> changes = [];
        StoreError error = transaction.Commit(ref tree, caller, changes);
        Adopt(tree, changes);
        return error;
    }

    internal void AddLocalWatch(NodePath path, Action<NodePath> changed) => _localWatches.Add((path, changed));

    internal bool Release(DomainId domain)
    {
        int removed = Connections.RemoveAll(c => c.Domain == domain);
        if (removed > 0)
        {
            FireSpecial(ReleaseDomain);
        }

        return removed > 0;
    }

    internal void FireSpecial(string name)
    {
        NodePermissions permissions = SpecialEvents[name];
        foreach (ConnectionState connection in Connections)
        {
            if (!permissions.Allows(connection.Domain, AccessRights.Read))
            {
                continue;
            }

            foreach (Watch watch in connection.Watches.Entries.Where(w => w.Spelling == name))
            {
                connection.QueueEvent(name, watch.Token);
            }
        }
    }

    /// <summary>Calls to make after the lock has been let go: local watches, and transports that have something to send.</summary>
    internal Action[] TakePendingCalls()
    {
        foreach (ConnectionState connection in Connections)
        {
            if (connection.TakeReadiness() is { } ready)
            {
                _pendingCalls.Add(ready);
            }
        }

        Action[] calls = [.. _pendingCalls];
        _pendingCalls.Clear();
        return calls;
    }

    private void Adopt(StoreTree tree, List<Change> changes)
    {
        Tree = tree;
        foreach (Change change in changes)
        {
            foreach (ConnectionState connection in Connections)
            {
                connection.Watches.Match(in change, tree, connection.QueueEvent);
            }

            foreach ((NodePath path, Action<NodePath> changed) in _localWatches)
            {
                NodePath at = change.Path;
                if (at.DepthBelow(path) >= 0 || (change.After is null && path.DepthBelow(at) > 0))
                {
                    _pendingCalls.Add(() => changed(at));
                }
            }
        }
    }
}
