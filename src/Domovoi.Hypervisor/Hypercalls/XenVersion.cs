// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_xen_version</c></summary>
/// <remarks>Linux calls <c>XENVER_version</c> only to have its pending events delivered on return; that path must stay short.</remarks>
internal static class XenVersion
{
    /// <summary>The version whose ABI this is: 4.17, Debian 12's.</summary>
    internal const uint Number = (4 << 16) | 17;

    private const int ShortText = 16;
    private const int HalfPage = 1024;
    private const int ChangesetSize = 64;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        ulong pointer = arguments.A1;
        switch ((XenVersionCommand)(uint)arguments.A0)
        {
            case XenVersionCommand.Version:
                return Number;
            case XenVersionCommand.ExtraVersion:
                return WriteText(caller, pointer, ".0-domovoi", ShortText);
            case XenVersionCommand.CompileTimeDetails:
                return WriteCompileDetails(caller, pointer);
            case XenVersionCommand.Capabilities:
                return WriteText(caller, pointer, "xen-3.0-x86_64 ", HalfPage);
            case XenVersionCommand.Changeset:
                return WriteText(caller, pointer, "unavailable", ChangesetSize);
            case XenVersionCommand.PlatformParameters:
                return Answer(caller.TryWrite(pointer, X86Addresses.HypervisorStart));
            case XenVersionCommand.GetFeatures:
                return GetFeatures(caller, pointer);
            case XenVersionCommand.PageSize:
                return Memory.PhysicalAddress.PageSize;
            case XenVersionCommand.GuestHandle:
                Span<byte> handle = stackalloc byte[16];
                caller.Domain.Settings.Uuid.TryWriteBytes(handle, bigEndian: true, out _);
                return Answer(caller.TryWrite(pointer, handle));
            case XenVersionCommand.CommandLine:
                return WriteText(caller, pointer, "<denied>", HalfPage);
            case XenVersionCommand.BuildId:
                return (long)XenError.NoData;
            default:
                return (long)XenError.NotImplemented;
        }
    }

    /// <summary>The features of a PV domain, as a 32-bit word.</summary>
    internal static uint Features(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        uint features = Bit(XenFeature.MemoryOpVnode) | Bit(XenFeature.MmuUpdatePreserveAccessedDirty)
            | Bit(XenFeature.HighmemAssist) | Bit(XenFeature.GrantMapAvailableBits) | Bit(XenFeature.DirectMapped);
        return (domain.Assists & VmAssists.PaeExtendedCr3) != 0 ? features | Bit(XenFeature.PaePgdirAbove4Gb) : features;

        static uint Bit(XenFeature feature) => 1u << (int)feature;
    }

    private static long GetFeatures(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out XenFeatureSubmap request))
        {
            return (long)XenError.BadAddress;
        }

        request.Submap = request.Index == 0 ? Features(caller.Domain) : 0;
        return Answer(caller.TryWrite(pointer, in request));
    }

    /// <summary><c>struct xen_compile_info</c></summary>
    private static long WriteCompileDetails(Vcpu caller, ulong pointer)
    {
        Span<byte> record = stackalloc byte[64 + 16 + 32 + 32];
        record.Clear();
        Encoding.ASCII.GetBytes(".NET", record);
        Encoding.ASCII.GetBytes("domovoi", record[64..]);
        Encoding.ASCII.GetBytes("localdomain", record[80..]);
        return Answer(caller.TryWrite(pointer, record));
    }

    private static long WriteText(Vcpu caller, ulong pointer, string text, int size)
    {
        Span<byte> buffer = stackalloc byte[HalfPage];
        buffer.Clear();
        Encoding.ASCII.GetBytes(text, buffer);
        return Answer(caller.TryWrite(pointer, buffer[..size]));
    }

    private static long Answer(bool written) => (long)(written ? XenError.None : XenError.BadAddress);
}
