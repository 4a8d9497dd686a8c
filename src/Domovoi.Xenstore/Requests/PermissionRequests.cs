// SPDX-License-Identifier: MIT
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Requests;

/// <summary>Permissions of nodes, and of the special events, whose names start with <c>@</c>.</summary>
internal static class PermissionRequests
{
    /// <summary><c>XS_GET_PERMS</c></summary>
    internal static Reply Get(in Request request)
    {
        if (!Payload.TryOne(request.Payload, out string? path))
        {
            return Reply.Of(StoreError.EINVAL);
        }

        if (request.Store.SpecialEvents.TryGetValue(path, out NodePermissions? special))
        {
            return special.Allows(request.Caller, AccessRights.Read) ? Spell(special) : Reply.Of(StoreError.EACCES);
        }

        StoreError error = request.Find(path, AccessRights.Read, out Node node);
        return error == StoreError.None ? Spell(node.Permissions) : Reply.Of(error);
    }

    /// <summary><c>XS_SET_PERMS</c></summary>
    internal static Reply Set(in Request request)
    {
        if (Payload.Strings(request.Payload) is not [var text, .. var entries]
            || NodePermissions.TryParse(entries) is not { } permissions)
        {
            return Reply.Of(StoreError.EINVAL);
        }

        if (request.Store.SpecialEvents.ContainsKey(text))
        {
            if (!request.IsPrivileged)
            {
                return Reply.Of(StoreError.EACCES);
            }

            request.Store.SpecialEvents[text] = permissions;
            return Reply.Ok;
        }

        return request.TryPath(text, out NodePath path)
            ? request.Apply(new Edit.SetPermissions(path, permissions))
            : Reply.Of(StoreError.EINVAL);
    }

    private static Reply Spell(NodePermissions permissions) =>
        Reply.Of(Payload.Of(permissions.Entries.Select(static e => e.ToString())));
}
