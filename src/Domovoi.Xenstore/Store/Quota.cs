// SPDX-License-Identifier: MIT
namespace Domovoi.Xenstore.Store;

/// <summary>What one guest may use; Xen's defaults. Domain 0 has no quota.</summary>
public sealed record Quota
{
    /// <summary>Nodes a domain may own.</summary>
    public int Nodes { get; init; } = 1000;

    /// <summary>Bytes of a node's value and permissions.</summary>
    public int NodeSize { get; init; } = 2048;

    /// <summary>Entries in a node's permissions.</summary>
    public int Permissions { get; init; } = 5;

    public int Watches { get; init; } = 128;

    /// <summary>Transactions open at one time.</summary>
    public int Transactions { get; init; } = 10;

    /// <summary>Nodes one transaction may touch, and edits it may make.</summary>
    public int TransactionNodes { get; init; } = 1024;

    /// <summary>Answers and events not yet fetched before requests are no longer taken.</summary>
    public int Outstanding { get; init; } = 20;
}
