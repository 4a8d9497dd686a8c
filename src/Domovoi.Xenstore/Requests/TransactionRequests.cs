// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Requests;

/// <summary>Beginning and ending transactions.</summary>
internal static class TransactionRequests
{
    /// <summary><c>XS_TRANSACTION_START</c></summary>
    internal static Reply Start(in Request request)
    {
        if (request.Header.TransactionId != 0)
        {
            return Reply.Of(StoreError.EBUSY);
        }

        return request.Connection.StartTransaction(request.Store) is { } id
            ? Reply.Of(id.ToString(CultureInfo.InvariantCulture))
            : Reply.Of(StoreError.ENOSPC);
    }

    /// <summary><c>XS_TRANSACTION_END</c></summary>
    internal static Reply End(in Request request)
    {
        if (!Payload.TryOne(request.Payload, out string? verdict) || verdict is not ("T" or "F"))
        {
            return Reply.Of(StoreError.EINVAL);
        }

        if (request.Transaction is null)
        {
            return Reply.Of(StoreError.ENOENT);
        }

        request.Connection.Transactions.Remove(request.Header.TransactionId);
        return verdict == "T" ? Reply.Of(request.Store.Commit(request.Caller, request.Transaction)) : Reply.Ok;
    }
}
