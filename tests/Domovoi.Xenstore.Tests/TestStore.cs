// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;

namespace Domovoi.Xenstore;

/// <summary>A store with the home of domain 5, which it owns, and a node it may not see.</summary>
internal static class TestStore
{
    internal static readonly NodePath Home = NodePath.Parse("/local/domain/5");

    internal static XenstoreServer Create(Quota? quota = null)
    {
        XenstoreServer server = new(quota);
        server.Write(Home, "", NodePermissions.Of(new Permission(new DomainId(5), AccessRights.None)));
        server.Write(NodePath.Parse("/secret"), "x", NodePermissions.Of(new Permission(DomainId.Zero, AccessRights.None)));
        return server;
    }
}
