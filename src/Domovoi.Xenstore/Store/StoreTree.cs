// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using Domovoi.Xen.Abi;

namespace Domovoi.Xenstore.Store;

/// <summary>The whole store at one moment: nodes, and how many of them each domain owns. Immutable, so a snapshot is a reference.</summary>
/// <remarks>No permission or quota is looked at here; see <see cref="TreeEditor"/>.</remarks>
public sealed class StoreTree
{
    private readonly ImmutableDictionary<DomainId, int> _owned;

    private StoreTree(Node root, ImmutableDictionary<DomainId, int> owned, ulong generation)
    {
        Root = root;
        _owned = owned;
        Generation = generation;
    }

    public Node Root { get; }

    /// <summary>Counts edits.</summary>
    public ulong Generation { get; }

    /// <summary>The root alone: everybody may read it, domain 0 may write.</summary>
    public static StoreTree Empty { get; } = new(
        new Node([], NodePermissions.Of(new Permission(DomainId.Zero, AccessRights.Read)), Node.NoChildren, 1),
        ImmutableDictionary<DomainId, int>.Empty,
        1);

    /// <summary>How many nodes a domain owns.</summary>
    public int OwnedBy(DomainId domain) => _owned.GetValueOrDefault(domain);

    public Node? Find(NodePath path)
    {
        Node? node = Root;
        foreach (string name in path.Names)
        {
            if (!node.Children.TryGetValue(name, out node))
            {
                return null;
            }
        }

        return node;
    }

    /// <summary>The nearest node on the way up from <paramref name="path"/> that exists, itself included.</summary>
    public Node FindNearest(NodePath path)
    {
        Node node = Root;
        foreach (string name in path.Names)
        {
            if (!node.Children.TryGetValue(name, out Node? child))
            {
                break;
            }

            node = child;
        }

        return node;
    }

    /// <summary>
    /// Puts a node's value or permissions in place, making it and its missing parents. New nodes inherit permissions from the
    /// nearest parent; <paramref name="creator"/> owns them, unless it is domain 0, which leaves them to the parent's owner.
    /// </summary>
    internal StoreTree With(
        NodePath path, DomainId creator, ImmutableArray<byte>? value, NodePermissions? permissions = null)
    {
        ulong generation = Generation + 1;
        Counter counter = new(_owned);
        Node root = Place(Root, path.Names);
        return new StoreTree(root, counter.Owned, generation);

        Node Place(Node node, ReadOnlySpan<string> names)
        {
            if (names.IsEmpty)
            {
                counter.Move(node.Permissions.Owner, (permissions ?? node.Permissions).Owner);
                return node with
                {
                    Value = value ?? node.Value,
                    Permissions = permissions ?? node.Permissions,
                    Generation = generation,
                };
            }

            bool exists = node.Children.TryGetValue(names[0], out Node? child);
            child ??= Born(node);
            Node placed = Place(child, names[1..]);
            return node with
            {
                Children = node.Children.SetItem(names[0], placed),
                Generation = exists ? node.Generation : generation,
            };
        }

        Node Born(Node parent)
        {
            DomainId owner = creator == DomainId.Zero ? parent.Permissions.Owner : creator;
            counter.Add(owner, 1);
            return new Node([], parent.Permissions.OwnedBy(owner), Node.NoChildren, generation);
        }
    }

    /// <summary>Takes a node and all below it away; the root stays, whatever is asked.</summary>
    internal StoreTree Without(NodePath path)
    {
        if (path.IsRoot || Find(path) is not { } doomed)
        {
            return this;
        }

        ulong generation = Generation + 1;
        Counter counter = new(_owned);
        counter.AddAll(doomed, -1);
        return new StoreTree(Cut(Root, path.Names), counter.Owned, generation);

        Node Cut(Node node, ReadOnlySpan<string> names) => names.Length == 1
            ? node with { Children = node.Children.Remove(names[0]), Generation = generation }
            : node with { Children = node.Children.SetItem(names[0], Cut(node.Children[names[0]], names[1..])) };
    }

    private sealed class Counter(ImmutableDictionary<DomainId, int> owned)
    {
        internal ImmutableDictionary<DomainId, int> Owned { get; private set; } = owned;

        internal void Add(DomainId domain, int count) =>
            Owned = Owned.SetItem(domain, Owned.GetValueOrDefault(domain) + count);

        internal void Move(DomainId from, DomainId to)
        {
            if (from != to)
            {
                Add(from, -1);
                Add(to, 1);
            }
        }

        internal void AddAll(Node node, int sign)
        {
            Add(node.Permissions.Owner, sign);
            foreach (Node child in node.Children.Values)
            {
                AddAll(child, sign);
            }
        }
    }
}
