// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Watches;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Requests;

/// <summary>Watches of the caller.</summary>
internal static class WatchRequests
{
    private const int MaximumToken = 1024;

    /// <summary><c>XS_WATCH</c></summary>
    /// <remarks>The transaction a message may name does not matter. A new watch fires once, after the answer.</remarks>
    internal static Reply Add(in Request request)
    {
        if (Payload.Strings(request.Payload) is not [var spelling, var token, .. var rest]
            || token.Length > MaximumToken
            || !TryDepth(rest, out int? depth))
        {
            return Reply.Of(StoreError.EINVAL);
        }

        NodePath? path = null;
        if (!spelling.StartsWith('@'))
        {
            if (!request.TryPath(spelling, out NodePath parsed))
            {
                return Reply.Of(StoreError.EINVAL);
            }

            path = parsed;
        }

        Watch watch = new(request.Caller, spelling, path, token, depth);
        StoreError error = request.Connection.Watches.Add(watch, request.Store.Quota);
        if (error == StoreError.None)
        {
            request.Connection.QueueEvent(spelling, token);
        }

        return Reply.Of(error);
    }

    /// <summary><c>XS_UNWATCH</c></summary>
    internal static Reply Remove(in Request request) =>
        Payload.Strings(request.Payload) is [var spelling, var token, ..]
            ? Reply.Of(request.Connection.Watches.Remove(spelling, token))
            : Reply.Of(StoreError.EINVAL);

    /// <summary><c>XS_RESET_WATCHES</c></summary>
    internal static Reply Reset(in Request request)
    {
        request.Connection.Watches.Clear();
        request.Connection.Transactions.Clear();
        return Reply.Ok;
    }

    private static bool TryDepth(ReadOnlySpan<string> rest, out int? depth)
    {
        depth = null;
        if (rest.IsEmpty || rest[0].Length == 0)
        {
            return true;
        }

        bool valid = int.TryParse(rest[0], NumberStyles.None, CultureInfo.InvariantCulture, out int levels);
        depth = levels;
        return valid;
    }
}
