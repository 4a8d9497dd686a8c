// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary>The memory operations that move frames to and from the domain, in lists of extents.</summary>
internal static class MemoryReservation
{
    /// <summary><c>MEMOP_EXTENT_SHIFT</c>: above it, where a continued call resumes.</summary>
    internal const int ExtentShift = 6;

    /// <summary><c>MEMOP_CMD_MASK</c></summary>
    internal const uint CommandMask = (1u << ExtentShift) - 1;

    private const ulong MostExtents = ulong.MaxValue >> ExtentShift;

    /// <summary>So that a number of frames cannot overflow.</summary>
    private const ulong MostExchanged = MostExtents >> (int)Reservation.LargestOrder;

    /// <summary><c>XENMEM_increase_reservation</c>, <c>XENMEM_decrease_reservation</c>, <c>XENMEM_populate_physmap</c></summary>
    /// <returns>How many extents were done: never an error.</returns>
    internal static long Change(Vcpu caller, MemoryCommand command, ulong start, ulong pointer)
    {
        if (!caller.TryRead(pointer, out XenMemoryReservation request) ||
            request.ExtentCount > MostExtents || start > request.ExtentCount ||
            request.ExtentOrder > Reservation.LargestOrder ||
            ForeignDomain.CheckSelf(request.Domain, caller.Domain.Id) != XenError.None)
        {
            return (long)start;
        }

        // Each extent that is done moves at least one frame, so the domain's memory bounds the loop.
        ulong done = start;
        while (done < request.ExtentCount && ChangeExtent(caller, command, in request, done))
        {
            done++;
            if (done < request.ExtentCount && Continuation.IsDue(caller))
            {
                return Continuation.With(caller, (uint)command | (done << ExtentShift), pointer);
            }
        }

        return (long)done;
    }

    /// <summary><c>XENMEM_exchange</c>: gives frames back for as many others that lie as asked for.</summary>
    internal static long Exchange(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out XenMemoryExchange request))
        {
            return (long)XenError.BadAddress;
        }

        XenError error = CheckExchange(caller, in request);
        if (error != XenError.None)
        {
            return (long)error;
        }

        ulong before = request.ExchangedCount;

        ulong steps = Math.Min(request.In.ExtentCount, request.Out.ExtentCount);
        while (request.ExchangedCount < request.In.ExtentCount && error == XenError.None
            && (request.ExchangedCount == before || !Continuation.IsDue(caller)))
        {
            ulong perStep = request.In.ExtentCount / steps;
            ulong step = request.ExchangedCount / perStep;
            error = ExchangeStep(caller, in request, step, perStep, request.Out.ExtentCount / steps);
            request.ExchangedCount += error == XenError.None ? perStep : 0;
        }

        if (!caller.TryWrite(pointer, in request))
        {
            return (long)XenError.BadAddress;
        }

        return error == XenError.None && request.ExchangedCount < request.In.ExtentCount
            ? Continuation.With(caller, (uint)MemoryCommand.Exchange, pointer)
            : (long)error;
    }

    private static XenError CheckExchange(Vcpu caller, in XenMemoryExchange request)
    {
        bool isSound = request.ExchangedCount <= request.In.ExtentCount &&
            request.In.ExtentCount <= MostExchanged && request.Out.ExtentCount <= MostExchanged &&
            request.In.ExtentOrder <= Reservation.LargestOrder && request.Out.ExtentOrder <= Reservation.LargestOrder &&
            request.In.ExtentCount << (int)request.In.ExtentOrder == request.Out.ExtentCount << (int)request.Out.ExtentOrder &&
            request.In.Domain == request.Out.Domain && request.In.ExtentCount != 0 && request.Out.ExtentCount != 0;
        return isSound ? ForeignDomain.CheckSelf(request.In.Domain, caller.Domain.Id) : XenError.InvalidArgument;
    }

    /// <summary>Exchanges the smallest number of extents that have the same size on both sides.</summary>
    /// <remarks>Larger extents are found before anything is given up, since they may not be there.</remarks>
    private static XenError ExchangeStep(Vcpu caller, in XenMemoryExchange request, ulong step, ulong inCount, ulong outCount)
    {
        Reservation reservation = caller.Domain.Frames.Reservation;
        Span<ulong> frames = stackalloc ulong[1 << (int)Reservation.LargestOrder];
        frames = frames[..(int)inCount];
        for (int index = 0; index < frames.Length; index++)
        {
            if (!TryReadExtent(caller, in request.In, (step * inCount) + (ulong)index, out frames[index]))
            {
                return XenError.BadAddress;
            }

            if (!reservation.AreStealable(new Mfn(frames[index]), request.In.ExtentOrder))
            {
                return XenError.InvalidArgument;
            }
        }

        bool giveFirst = request.Out.ExtentOrder == 0;
        if (giveFirst && !TryGive(reservation, frames, request.In.ExtentOrder))
        {
            return XenError.InvalidArgument;
        }

        for (ulong index = 0; index < outCount; index++)
        {
            ulong extent = (step * outCount) + index;
            if (!TryReadExtent(caller, in request.Out, extent, out ulong pfn))
            {
                return XenError.BadAddress;
            }

            if (!reservation.TryIncrease(request.Out.ExtentOrder, pfn, overCommit: !giveFirst, out Mfn frame))
            {
                return XenError.OutOfMemory;
            }

            if (!caller.TryWrite(request.Out.ExtentStart + (extent * sizeof(ulong)), in frame))
            {
                return XenError.BadAddress;
            }
        }

        return giveFirst || TryGive(reservation, frames, request.In.ExtentOrder) ? XenError.None : XenError.InvalidArgument;
    }

    private static bool TryGive(Reservation reservation, ReadOnlySpan<ulong> frames, uint order)
    {
        bool given = true;
        foreach (ulong frame in frames)
        {
            given &= reservation.TryDecrease(order, new Mfn(frame));
        }

        return given;
    }

    private static bool ChangeExtent(Vcpu caller, MemoryCommand command, in XenMemoryReservation request, ulong extent)
    {
        Reservation reservation = caller.Domain.Frames.Reservation;
        ulong frame = 0;
        if (command != MemoryCommand.IncreaseReservation && !TryReadExtent(caller, in request, extent, out frame))
        {
            return false;
        }

        if (command == MemoryCommand.DecreaseReservation)
        {
            return reservation.TryDecrease(request.ExtentOrder, new Mfn(frame));
        }

        ulong? pfn = command == MemoryCommand.PopulatePhysmap ? frame : null;
        if (!reservation.TryIncrease(request.ExtentOrder, pfn, overCommit: false, out Mfn first))
        {
            return false;
        }

        return request.ExtentStart == 0 ||
            caller.TryWrite(request.ExtentStart + (extent * sizeof(ulong)), in first);
    }

    private static bool TryReadExtent(Vcpu caller, in XenMemoryReservation list, ulong extent, out ulong frame) =>
        caller.TryRead(list.ExtentStart + (extent * sizeof(ulong)), out frame);
}
