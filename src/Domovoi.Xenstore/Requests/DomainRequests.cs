// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Requests;

/// <summary>Requests about domains rather than nodes. A guest may only ask.</summary>
internal static class DomainRequests
{
    /// <summary><c>XS_GET_DOMAIN_PATH</c></summary>
    internal static Reply GetPath(in Request request) =>
        TryDomain(in request, out DomainId domain)
            ? Reply.Of(NodePath.OfDomain(domain).Value)
            : Reply.Of(StoreError.EINVAL);

    /// <summary><c>XS_IS_DOMAIN_INTRODUCED</c></summary>
    internal static Reply IsIntroduced(in Request request) =>
        TryDomain(in request, out DomainId domain)
            ? Reply.Of(request.Store.IsIntroduced(domain) ? "T" : "F")
            : Reply.Of(StoreError.EINVAL);

    /// <summary><c>XS_INTRODUCE</c></summary>
    /// <remarks>Rings are connected by our own process, so this only repeats the event for a domain that is there.</remarks>
    internal static Reply Introduce(in Request request)
    {
        if (!request.IsPrivileged)
        {
            return Reply.Of(StoreError.EACCES);
        }

        if (Payload.Strings(request.Payload) is not [var id, _, _, ..]
            || !Payload.TryDomain(id, out DomainId domain)
            || !request.Store.IsIntroduced(domain))
        {
            return Reply.Of(StoreError.EINVAL);
        }

        request.Store.FireSpecial(StoreState.IntroduceDomain);
        return Reply.Ok;
    }

    /// <summary><c>XS_RELEASE</c></summary>
    internal static Reply Release(in Request request)
    {
        if (!request.IsPrivileged)
        {
            return Reply.Of(StoreError.EACCES);
        }

        return TryDomain(in request, out DomainId domain) && domain != DomainId.Zero && request.Store.Release(domain)
            ? Reply.Ok
            : Reply.Of(StoreError.ENOENT);
    }

    /// <summary><c>XS_RESUME</c></summary>
    internal static Reply Resume(in Request request)
    {
        if (!request.IsPrivileged)
        {
            return Reply.Of(StoreError.EACCES);
        }

        return TryDomain(in request, out DomainId domain) && request.Store.IsIntroduced(domain)
            ? Reply.Ok
            : Reply.Of(StoreError.ENOENT);
    }

    /// <summary><c>XS_GET_FEATURE</c></summary>
    internal static Reply GetFeature(in Request request)
    {
        bool ofCaller = request.Payload is [] or [0];
        if (!ofCaller && !request.IsPrivileged)
        {
            return Reply.Of(StoreError.EACCES);
        }

        return ofCaller || TryDomain(in request, out _)
            ? Reply.Of(((uint)XenstoreServer.Features).ToString(CultureInfo.InvariantCulture))
            : Reply.Of(StoreError.EINVAL);
    }

    /// <summary><c>XS_CONTROL</c>, <c>XS_SET_TARGET</c>, <c>XS_SET_FEATURE</c>, <c>XS_GET_QUOTA</c>, <c>XS_SET_QUOTA</c>: optional, and domain 0's alone.</summary>
    internal static Reply PrivilegedUnsupported(in Request request) =>
        Reply.Of(request.IsPrivileged ? StoreError.ENOSYS : StoreError.EACCES);

    private static bool TryDomain(in Request request, out DomainId domain)
    {
        domain = default;
        return Payload.TryOne(request.Payload, out string? text) && Payload.TryDomain(text, out domain);
    }
}
