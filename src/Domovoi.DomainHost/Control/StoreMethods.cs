// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.DomainHost.Lifecycle;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Wire;

namespace Domovoi.DomainHost.Control;

/// <summary>What <c>dom xenstore-*</c> does, with domain 0's rights.</summary>
internal sealed class StoreMethods(DomainLifecycle lifecycle, DomainId domain)
{
    private const int MaximumValue = MessageHeader.MaximumPayload;

    private XenstoreServer Store => lifecycle.Store;

    internal StoreNode List(StorePath request)
    {
        NodePath path = Parse(request.Path);
        return Describe(path.Name, Find(path));
    }

    internal TextAnswer Read(StorePath request) => new(Text(Find(Parse(request.Path))));

    internal void Write(StoreWrite request)
    {
        if (request.Value.Length > MaximumValue)
        {
            throw new ProblemException("value-too-long", $"A xenstore value has at most {MaximumValue} bytes.");
        }

        Check(request.Path, Store.Write(Parse(request.Path), request.Value));
    }

    internal void Remove(StorePath request) => Check(request.Path, Store.Remove(Parse(request.Path)));

    internal void SetPermissions(StorePermissions request)
    {
        NodePermissions permissions = NodePermissions.TryParse([.. request.Permissions]) ?? throw new ProblemException(
            "bad-permissions", "Permissions are n, r, w or b and a domain id each, such as \"n0 r5\".");
        Check(request.Path, Store.SetPermissions(Parse(request.Path), permissions));
    }

    /// <summary>The PV console has no way to carry a size; a guest that wants it finds it here.</summary>
    internal void SetWindowSize(WindowSize size)
    {
        NodePath console = NodePath.OfDomain(domain).Child("console");
        Store.Write(console.Child("columns"), size.Columns.ToString(CultureInfo.InvariantCulture));
        Store.Write(console.Child("rows"), size.Rows.ToString(CultureInfo.InvariantCulture));
    }

    private static StoreNode Describe(string name, Node node) => new(
        name,
        Text(node),
        [.. node.Permissions.Entries.Select(static entry => entry.ToString())],
        [.. node.Children.Select(static child => Describe(child.Key, child.Value))]);

    private static string Text(Node node) => Encoding.Latin1.GetString(node.Value.AsSpan());

    private NodePath Parse(string text) => NodePath.TryParse(text, NodePath.OfDomain(domain), out NodePath path)
        ? path
        : throw new ProblemException("bad-xenstore-path", $"\"{text}\" is not a xenstore path.");

    private Node Find(NodePath path) => Store.Tree.Find(path)
        ?? throw new ProblemException("no-such-node", $"{path} is not in xenstore.");

    private static void Check(string path, StoreError error)
    {
        if (error != StoreError.None)
        {
            throw new ProblemException("xenstore-refused", $"{path}: {error}");
        }
    }
}
