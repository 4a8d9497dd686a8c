// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Store;

/// <summary>One entry of a node's permissions; on the wire a letter of <c>nrwb</c> and a domain id: <c>r5</c>.</summary>
public readonly record struct Permission(DomainId Domain, AccessRights Rights)
{
    private const string Letters = "nrwb";

    public static bool TryParse(string text, out Permission permission)
    {
        int rights = text.Length > 1 ? Letters.IndexOf(text[0], StringComparison.Ordinal) : -1;
        bool valid = Payload.TryDomain(text.Length > 1 ? text[1..] : "", out DomainId domain) && rights >= 0;
        permission = new Permission(domain, (AccessRights)Math.Max(rights, 0));
        return valid;
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Letters[(int)Rights]}{Domain.Value}");
}
