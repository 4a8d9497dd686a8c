// SPDX-License-Identifier: MIT
namespace Domovoi.Xenstore;

/// <summary>What the ring page's <c>server_features</c> says: <c>XENSTORE_SERVER_FEATURE_*</c>, xs_wire.h.</summary>
[Flags]
public enum StoreFeatures : uint
{
    None = 0,
    Reconnection = 1,

    /// <summary>The ring page's error field is used.</summary>
    Error = 2,

    /// <summary><c>XS_WATCH</c> takes a depth.</summary>
    WatchDepth = 4,
}
