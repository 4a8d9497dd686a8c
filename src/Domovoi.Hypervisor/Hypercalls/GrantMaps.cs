// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Grants;
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>GNTTABOP_map_grant_ref</c> and its undoing: a domain maps what it granted to itself.</summary>
internal static class GrantMaps
{
    private const GrantMapFlags MapKinds = GrantMapFlags.HostMap | GrantMapFlags.DeviceMap;

    /// <summary><c>GNTTABOP_map_grant_ref</c></summary>
    internal static void Map(Vcpu caller, ref GnttabMapGrantRef request)
    {
        GrantTable grants = caller.Domain.Grants;
        if ((request.Flags & MapKinds) == 0)
        {
            request.Status = GrantStatus.BadReference;
            return;
        }

        if (request.Domain != grants.Self)
        {
            // Domain 0 exists, and its table has one frame, which grants nothing.
            request.Status = request.Domain != DomainId.Zero ? GrantStatus.BadDomain
                : request.Reference.Value < GrantTable.EntriesPerFrame ? GrantStatus.GeneralError
                : GrantStatus.BadReference;
            return;
        }

        bool readOnly = (request.Flags & GrantMapFlags.ReadOnly) != 0;
        request.Status = grants.Pin(request.Reference, grants.Self, readOnly, out Mfn frame);
        if (request.Status != GrantStatus.Okay)
        {
            return;
        }

        if ((request.Flags & GrantMapFlags.HostMap) != 0 &&
            !caller.Domain.PageTables.TryMapGrant(caller.AddressSpace, request.HostAddress, frame, request.Flags))
        {
            grants.Unpin(request.Reference, readOnly);
            request.Status = GrantStatus.GeneralError;
            return;
        }

        request.Handle = grants.Track(new TrackedGrant(request.Reference, request.Flags, frame));
        request.DeviceBusAddress = frame.Value << 12;
    }

    /// <summary><c>GNTTABOP_unmap_grant_ref</c></summary>
    internal static void Unmap(Vcpu caller, ref GnttabUnmapGrantRef request) =>
        request.Status = Unmap(caller, request.Handle, request.HostAddress, request.DeviceBusAddress, newAddress: 0);

    /// <summary><c>GNTTABOP_unmap_and_replace</c></summary>
    internal static void UnmapAndReplace(Vcpu caller, ref GnttabUnmapAndReplace request) =>
        request.Status = Unmap(caller, request.Handle, request.HostAddress, deviceAddress: 0, request.NewAddress);

    private static GrantStatus Unmap(Vcpu caller, uint handle, ulong hostAddress, ulong deviceAddress, ulong newAddress)
    {
        GrantTable grants = caller.Domain.Grants;
        if (!grants.TryFind(handle, out TrackedGrant tracked))
        {
            return GrantStatus.BadHandle;
        }

        if (deviceAddress != 0 && deviceAddress >> 12 != tracked.Frame.Value)
        {
            return GrantStatus.BadDeviceAddress;
        }

        GrantMapFlags ended = (hostAddress != 0 ? GrantMapFlags.HostMap : 0) |
            (deviceAddress != 0 ? GrantMapFlags.DeviceMap : 0);
        ended &= tracked.Flags;
        PageTables tables = caller.Domain.PageTables;
        if ((ended & GrantMapFlags.HostMap) != 0 &&
            !tables.TryUnmapGrant(caller.AddressSpace, hostAddress, newAddress, tracked.Frame, tracked.Flags))
        {
            return GrantStatus.GeneralError;
        }

        TrackedGrant left = tracked with { Flags = tracked.Flags & ~ended };
        if ((left.Flags & MapKinds) != 0)
        {
            grants.Replace(handle, left);
        }
        else
        {
            grants.Untrack(handle);
            grants.Unpin(tracked.Reference, (tracked.Flags & GrantMapFlags.ReadOnly) != 0);
        }

        return GrantStatus.Okay;
    }
}
