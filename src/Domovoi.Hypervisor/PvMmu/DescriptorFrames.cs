// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>Frames that hold segment descriptors: checked when they enter a GDT, changed by hypercall from then on.</summary>
internal static class DescriptorFrames
{
    private const int EntriesPerFrame = 512;

    /// <summary>Makes frames a vCPU's GDT, in place of those it had (<c>__HYPERVISOR_set_gdt</c>).</summary>
    public static XenError SetGdt(FrameTable frames, DescriptorTables tables, ReadOnlySpan<Mfn> gdt, int entries)
    {
        if (entries < 0 || entries > X86Selectors.FirstReservedGdtEntry ||
            gdt.Length != (entries + EntriesPerFrame - 1) / EntriesPerFrame)
        {
            return XenError.InvalidArgument;
        }

        lock (frames.Gate)
        {
            for (int index = 0; index < gdt.Length; index++)
            {
                if (frames.References.GetTyped(gdt[index].Value, FrameType.SegmentDescriptors) != XenError.None)
                {
                    Release(frames, gdt[..index]);
                    return XenError.InvalidArgument;
                }
            }

            Release(frames, tables.GdtFrames);
            tables.SetGdt(gdt, entries);
            frames.DescriptorChanges++;
            return XenError.None;
        }
    }

    /// <summary><c>__HYPERVISOR_update_descriptor</c></summary>
    public static XenError Update(FrameTable frames, PhysicalAddress place, ulong value)
    {
        if (place.Value % 8 != 0 || !new GuestDescriptor(value).TryAdmit(out GuestDescriptor admitted))
        {
            return XenError.InvalidArgument;
        }

        lock (frames.Gate)
        {
            if (!frames.References.IsGuestVisible(place.Frame))
            {
                return XenError.InvalidArgument;
            }

            FrameType type = frames.References.CurrentType(place.Frame) == FrameType.SegmentDescriptors
                ? FrameType.SegmentDescriptors
                : FrameType.Writable;
            XenError error = frames.References.GetTyped(place.Frame, type);
            if (error == XenError.None)
            {
                Volatile.Write(ref frames.Memory.Shared<ulong>(place), admitted.Value);
                frames.DescriptorChanges++;
                frames.Memory.ReportCodeWrites(place, sizeof(ulong));
                frames.References.PutTyped(place.Frame, OldTranslation.None);
            }

            return error;
        }
    }

    private static void Release(FrameTable frames, ReadOnlySpan<Mfn> gdt)
    {
        foreach (Mfn frame in gdt)
        {
            frames.References.PutTyped(frame.Value);
        }
    }
}
