// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;

namespace Domovoi.Backends.Xenbus;

/// <summary>Names one device of a domain, and its two directories in xenstore.</summary>
/// <param name="Kind">As in the paths: <c>vbd</c>, <c>vif</c>.</param>
/// <param name="Index">The device's number among its kind: a vbd's virtual device, a vif's place.</param>
public readonly record struct DeviceAddress(string Kind, int Index)
{
    /// <summary><c>/local/domain/N/device/KIND/INDEX</c>: the guest's own.</summary>
    public NodePath Front(DomainId domain) =>
        NodePath.OfDomain(domain).Child("device").Child(Kind).Child(Number(Index));

    /// <summary><c>/local/domain/0/backend/KIND/N/INDEX</c>: ours; the guest reads it.</summary>
    public NodePath Back(DomainId domain) =>
        NodePath.OfDomain(DomainId.Zero).Child("backend").Child(Kind).Child(Number(domain.Value)).Child(Number(Index));

    public override string ToString() => $"{Kind}/{Number(Index)}";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
