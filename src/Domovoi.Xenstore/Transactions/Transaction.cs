// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Transactions;

/// <summary>A private copy of the store in which one domain reads and writes until it commits or gives up.</summary>
/// <remarks>
/// The copy is a reference to the immutable tree. A commit succeeds if no node the transaction read or wrote has changed since:
/// its edits are then made again on the store of the moment. Otherwise it answers EAGAIN and has done nothing.
/// </remarks>
internal sealed class Transaction
{
    private readonly StoreTree _start;
    private readonly Quota _quota;
    private readonly HashSet<NodePath> _touched = [];
    private readonly List<Edit> _edits = [];
    private StoreTree _tree;

    internal Transaction(StoreTree start, Quota quota)
    {
        _start = start;
        _quota = quota;
        _tree = start;
    }

    /// <summary>What the owner sees.</summary>
    internal StoreTree Tree => _tree;

    /// <summary>Notes that the outcome depends on a node.</summary>
    internal StoreError Touch(DomainId caller, NodePath path)
    {
        if (_touched.Add(path) && _touched.Count > _quota.TransactionNodes && caller != DomainId.Zero)
        {
            _touched.Remove(path);
            return StoreError.ENOSPC;
        }

        return StoreError.None;
    }

    internal StoreError Apply(DomainId caller, Edit edit)
    {
        if (_edits.Count >= _quota.TransactionNodes && caller != DomainId.Zero)
        {
            return StoreError.ENOSPC;
        }

        StoreError error = Touch(caller, edit.Path);
        if (error == StoreError.None)
        {
            error = TreeEditor.Apply(ref _tree, caller, _quota, edit, []);
        }

        if (error == StoreError.None)
        {
            _edits.Add(edit);
        }

        return error;
    }

    internal StoreError Commit(ref StoreTree current, DomainId caller, List<Change> changes)
    {
        StoreTree edited = current;
        if (current != _start)
        {
            foreach (NodePath path in _touched)
            {
                if (_start.Find(path)?.Generation != current.Find(path)?.Generation)
                {
                    return StoreError.EAGAIN;
                }
            }
        }

        foreach (Edit edit in _edits)
        {
            if (TreeEditor.Apply(ref edited, caller, _quota, edit, changes) != StoreError.None)
            {
                changes.Clear();
                return StoreError.EAGAIN;
            }
        }

        current = edited;
        return StoreError.None;
    }
}
