// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Transactions;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Requests;

/// <summary>One message from a domain, and the store as that domain sees it: through its transaction, if the message names one.</summary>
internal readonly ref struct Request
{
    internal required StoreState Store { get; init; }

    internal required ConnectionState Connection { get; init; }

    internal required MessageHeader Header { get; init; }

    internal required ReadOnlySpan<byte> Payload { get; init; }

    internal required Transaction? Transaction { get; init; }

    internal DomainId Caller => Connection.Domain;

    internal bool IsPrivileged => Caller == DomainId.Zero;

    internal StoreTree Tree => Transaction?.Tree ?? Store.Tree;

    /// <summary>A path as this caller may write it.</summary>
    internal bool TryPath(string text, out NodePath path) =>
        NodePath.TryParse(text, NodePath.OfDomain(Caller), out path);

    /// <summary>The node at a path, if the caller may use it so; the transaction remembers that it was looked at.</summary>
    internal StoreError Find(string text, AccessRights wanted, out Node node)
    {
        node = Tree.Root;
        if (!TryPath(text, out NodePath path))
        {
            return StoreError.EINVAL;
        }

        StoreError error = Transaction?.Touch(Caller, path) ?? StoreError.None;
        return error != StoreError.None ? error : TreeEditor.Find(Tree, Caller, path, wanted, out node);
    }

    /// <summary>Makes an edit in the transaction, or in the store itself, which tells the watches.</summary>
    internal Reply Apply(Edit edit) => Reply.Of(Transaction?.Apply(Caller, edit) ?? Store.Apply(Caller, edit));
}
