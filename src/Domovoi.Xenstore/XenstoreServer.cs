// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Requests;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore;

/// <summary>The xenstore of one domain's process: a tree of small values through which guest, back ends and tools find each other.</summary>
/// <remarks>
/// Thread safe: one lock around every request; requests are short, and their length is bounded by the quota.
/// A guest's <c>XS_WRITE</c> travels: ring back end → <see cref="StoreConnection.Receive"/> → <c>NodeRequests.Write</c> →
/// <c>TreeEditor</c> (permissions, quota) → <see cref="StoreTree"/> → <c>WatchTable.Match</c> → event messages, local watches.
/// Members without a caller act as domain 0.
/// </remarks>
public sealed class XenstoreServer(Quota? quota = null)
{
    private readonly StoreState _state = new(quota ?? new Quota());

    /// <summary>What the ring page offers.</summary>
    public static StoreFeatures Features => StoreFeatures.Error | StoreFeatures.WatchDepth;

    /// <summary>The store as it is now; it does not change under the reader.</summary>
    public StoreTree Tree => Locked(() => _state.Tree);

    /// <summary>Guards all state.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Makes a domain a client, and tells <c>@introduceDomain</c>.</summary>
    /// <param name="domain">Whose rights the client has.</param>
    /// <param name="outputReady">Called from any thread when <see cref="StoreConnection.Take"/> has something; must only wake someone.</param>
    public StoreConnection Connect(DomainId domain, Action outputReady)
    {
        ConnectionState connection = new(domain, outputReady);
        Change(() =>
        {
            _state.Connections.Add(connection);
            _state.FireSpecial(StoreState.IntroduceDomain);
        });
        return new StoreConnection(this, _state, connection);
    }

    /// <summary>Forgets a client, its watches and transactions, and tells <c>@releaseDomain</c>.</summary>
    public void Disconnect(DomainId domain) => Change(() => _state.Release(domain));

    /// <summary>Tells <c>@releaseDomain</c> that a domain has shut down or crashed, while it is still a client.</summary>
    public void ReportShutdown() => Change(() => _state.FireSpecial(StoreState.ReleaseDomain));

    /// <summary>A node's value as text; null when there is no such node.</summary>
    public string? Read(NodePath path) =>
        Tree.Find(path) is { } node ? Encoding.Latin1.GetString(node.Value.AsSpan()) : null;

    public StoreError Write(NodePath path, string value) =>
        Apply(new Edit.Write(path, [.. Encoding.Latin1.GetBytes(value)]));

    public StoreError Remove(NodePath path) => Apply(new Edit.Remove(path));

    public StoreError SetPermissions(NodePath path, NodePermissions permissions) =>
        Apply(new Edit.SetPermissions(path, permissions));

    /// <summary>Writes a value under its own permissions, from the start: nobody sees the node with others.</summary>
    public void Write(NodePath path, string value, NodePermissions permissions) => Change(() =>
    {
        _state.Apply(DomainId.Zero, new Edit.MakeDirectory(path));
        _state.Apply(DomainId.Zero, new Edit.SetPermissions(path, permissions));
        _state.Apply(DomainId.Zero, new Edit.Write(path, [.. Encoding.Latin1.GetBytes(value)]));
    });

    /// <summary>Calls back with the changed path whenever something at or below <paramref name="path"/> changes, or a parent goes.</summary>
    /// <remarks>On the thread that made the change, without the lock; not called at once as a client's watch is.</remarks>
    public void Watch(NodePath path, Action<NodePath> changed) => Change(() => _state.AddLocalWatch(path, changed));

    internal static void Make(Action[] calls)
    {
        foreach (Action call in calls)
        {
            call();
        }
    }

    internal T Locked<T>(Func<T> read)
    {
        lock (Gate)
        {
            return read();
        }
    }

    private StoreError Apply(Edit edit)
    {
        StoreError error = StoreError.None;
        Change(() => error = _state.Apply(DomainId.Zero, edit));
        return error;
    }

    private void Change(Action change)
    {
        Action[] calls;
        lock (Gate)
        {
            change();
            calls = _state.TakePendingCalls();
        }

        Make(calls);
    }
}
