// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Grants;

/// <summary><c>GNTTABOP_copy</c> as a guest calls it: between its own frames and grants of its own towards itself.</summary>
internal sealed class GrantCopier(GrantTable grants, FrameTable frames)
{
    private const int PageSize = PhysicalAddress.PageSize;

    public GrantStatus Copy(in GnttabCopy request)
    {
        bool fromReference = (request.Flags & GrantCopyFlags.SourceIsReference) != 0;
        bool toReference = (request.Flags & GrantCopyFlags.DestinationIsReference) != 0;
        if ((!fromReference && request.Source.Domain != DomainId.Self) ||
            (!toReference && request.Destination.Domain != DomainId.Self))
        {
            return GrantStatus.PermissionDenied;
        }

        if (!IsOwn(request.Source.Domain) || !IsOwn(request.Destination.Domain))
        {
            return GrantStatus.BadDomain;
        }

        if (request.Source.Offset + request.Length > PageSize || request.Destination.Offset + request.Length > PageSize)
        {
            return GrantStatus.BadCopyArgument;
        }

        GrantStatus status = Acquire(in request.Source, fromReference, request.Length, readOnly: true, out Mfn source);
        if (status != GrantStatus.Okay)
        {
            return status;
        }

        status = Acquire(in request.Destination, toReference, request.Length, readOnly: false, out Mfn destination);
        if (status == GrantStatus.Okay)
        {
            frames.Memory.TryWrite(
                PhysicalAddress.OfFrame(destination.Value) + request.Destination.Offset,
                frames.Memory.Frame(source.Value).Slice(request.Source.Offset, request.Length));
            Release(in request.Destination, toReference, destination, readOnly: false);
        }

        Release(in request.Source, fromReference, source, readOnly: true);
        return status;
    }

    private bool IsOwn(DomainId domain) => domain == DomainId.Self || domain == grants.Self;

    private GrantStatus Acquire(in GnttabCopyPointer side, bool isReference, int length, bool readOnly, out Mfn frame)
    {
        if (isReference)
        {
            return grants.PinToCopy(side.Reference, grants.Self, readOnly, side.Offset, length, out frame);
        }

        frame = new Mfn(side.Frame);
        if (!readOnly)
        {
            return frames.TryHoldWritable(frame) ? GrantStatus.Okay : GrantStatus.GeneralError;
        }

        lock (frames.Gate)
        {
            return frames.References.TryGet(frame.Value) ? GrantStatus.Okay : GrantStatus.BadPage;
        }
    }

    private void Release(in GnttabCopyPointer side, bool isReference, Mfn frame, bool readOnly)
    {
        if (isReference)
        {
            grants.Unpin(side.Reference, readOnly);
        }
        else if (!readOnly)
        {
            frames.ReleaseWritable(frame);
        }
        else
        {
            lock (frames.Gate)
            {
                frames.References.Put(frame.Value);
            }
        }
    }
}
