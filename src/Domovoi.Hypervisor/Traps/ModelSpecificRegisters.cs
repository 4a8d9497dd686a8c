// SPDX-License-Identifier: MIT
using Domovoi.Cpu;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Boot;
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>RDMSR and WRMSR of the guest's kernel: the registers Xen gives a PV guest; the rest is #GP.</summary>
internal static class ModelSpecificRegisters
{
    private const uint TimeStampCounter = 0x10;
    private const uint PlatformId = 0x17;
    private const uint ApicBase = 0x1B;
    private const uint FeatureControl = 0x3A;
    private const uint MicrocodeRevision = 0x8B;
    private const uint PlatformFeatures = 0xCE;
    private const uint MiscFeaturesEnables = 0x140;
    private const uint PerfStatus = 0x198;
    private const uint PerfControl = 0x199;
    private const uint ThermalStatus = 0x19C;
    private const uint MiscEnable = 0x1A0;
    private const uint DebugControl = 0x1D9;
    private const uint PageAttributes = 0x277;
    private const uint PerfCapabilities = 0x345;
    private const uint Efer = 0xC000_0080;
    private const uint FsBase = 0xC000_0100;
    private const uint GsBase = 0xC000_0101;
    private const uint KernelGsBase = 0xC000_0102;
    private const uint TscAux = 0xC000_0103;
    private const uint HardwareConfiguration = 0xC001_0015;
    private const uint NorthbridgeConfiguration = 0xC001_001F;
    private const uint DecodeConfiguration = 0xC001_1029;
    private const uint MpErf = 0xE7;
    private const uint ApErf = 0xE8;

    private const ulong EferValue = 0xD01;                  // SCE LME LMA NX
    private const ulong XenPageAttributes = 0x0000_0501_0007_0406;
    private const ulong MiscEnableValue = 0x85_1800 & ~(1UL << 7) & ~(1UL << 18);
    private const ulong CpuidFaultingAvailable = 1UL << 31;
    private const ulong TscFrequencySelect = 1UL << 24;     // HWCR: the TSC counts with P0's frequency

    internal static void Emulate(Vcpu vcpu, in ExitDetails exit)
    {
        bool done = vcpu.IsInKernelMode
            && (exit.Operation == PrivilegedOperation.ReadMsr ? Read(vcpu, exit.Number) : TryWrite(vcpu, exit.Number, exit.Value));
        if (done)
        {
            vcpu.Cpu.Skip();
        }
        else
        {
            TrapDelivery.RaiseProtection(vcpu);
        }
    }

    private static bool Read(Vcpu vcpu, uint number)
    {
        if (!TryRead(vcpu, number, out ulong value))
        {
            vcpu.Domain.Log.WriteOnce($"rdmsr {number:x}", $"RDMSR 0x{number:x8} unimplemented");
            bool cannotFault = vcpu.EntryPoints.Trap(ExceptionVector.GeneralProtection).Address == 0
                && number >> 16 is 0 or 0xC000 or 0xC001;
            if (!cannotFault)
            {
                return false;
            }

            value = 0;                                      // as Xen before the guest can take a #GP
        }

        ref CpuState state = ref vcpu.Cpu.State;
        state.Rax = (uint)value;
        state.Rdx = value >> 32;
        return true;
    }

    private static bool TryRead(Vcpu vcpu, uint number, out ulong value)
    {
        ulong? known = number switch
        {
            FsBase => vcpu.Cpu.State.FsBase,
            GsBase => vcpu.Cpu.State.GsBase,
            KernelGsBase => vcpu.InactiveGsBase,
            Efer => EferValue,
            TimeStampCounter => vcpu.Domain.Settings.Time.ReadTimeStamp(),
            ApicBase => 0xFEE0_0800 | (vcpu.Id == 0 ? 0x100ul : 0),
            PageAttributes => XenPageAttributes,
            PlatformFeatures => CpuidFaultingAvailable,
            MiscFeaturesEnables => vcpu.Privileged.CpuidFaulting ? 1ul : 0,
            TscAux => vcpu.Cpu.State.TscAux,
            MicrocodeRevision or PerfCapabilities or DebugControl or XenCpuid.HypercallPageMsr => 0,
            >= 0x179 and <= 0x17B or >= 0x280 and <= 0x29F or >= 0x400 and <= 0x47F or 0 or 1 => 0,
            _ => VendorRegister(number),
        };
        value = known.GetValueOrDefault();
        return known.HasValue;
    }

    private static ulong? VendorRegister(uint number)
    {
        bool isIntel = HostFeatures.Query(0, 0).Ebx == 0x756E_6547;
        return (number, isIntel) switch
        {
            (PlatformId or PerfStatus or PerfControl or ThermalStatus, true) => 0,
            (FeatureControl, true) => 1,
            (MiscEnable, true) => MiscEnableValue,
            (DecodeConfiguration, false) => 2,              // LFENCE serializes
            (HardwareConfiguration, false) => CpuidPolicy.HasInvariantTsc ? TscFrequencySelect : 0,
            (NorthbridgeConfiguration, false) => 0,
            (>= 0xC001_0061 and <= 0xC001_0071, false) => 0,
            (>= 0xC001_0000 and <= 0xC001_0007, false) => 0,
            (>= 0xC001_0200 and <= 0xC001_020B, false) => 0,
            _ => null,
        };
    }

    private static bool TryWrite(Vcpu vcpu, uint number, ulong value)
    {
        ref CpuState state = ref vcpu.Cpu.State;
        switch (number)
        {
            case FsBase when X86Addresses.IsCanonical(value):
                state.FsBase = value;
                return true;
            case GsBase when X86Addresses.IsCanonical(value):
                state.GsBase = value;
                return true;
            case KernelGsBase when X86Addresses.IsCanonical(value):
                vcpu.InactiveGsBase = value;
                return true;
            case Efer:
                return value == EferValue;
            case TscAux when value <= uint.MaxValue:
                state.TscAux = (uint)value;
                return true;
            case MiscFeaturesEnables when value <= 1:
                vcpu.Privileged.CpuidFaulting = value == 1;
                return true;
            case XenCpuid.HypercallPageMsr:
                return TryFillHypercallPage(vcpu.Domain, value);
            default:
                return TryWriteIgnored(vcpu, number);
        }
    }

    /// <summary>The page's address, with page index 0 in the low bits.</summary>
    private static bool TryFillHypercallPage(Domain domain, ulong value)
    {
        Mfn frame = new(value >> PhysicalAddress.PageShift);
        if ((value & (PhysicalAddress.PageSize - 1)) != 0 || !domain.Frames.TryHoldWritable(frame))
        {
            return false;
        }

        HypercallPage.Fill(domain.Memory.Frame(frame.Value));
        domain.Memory.ReportCodeWrites(new PhysicalAddress(value), PhysicalAddress.PageSize);
        domain.Frames.ReleaseWritable(frame);
        return true;
    }

    /// <summary>Registers whose writes Xen drops.</summary>
    private static bool TryWriteIgnored(Vcpu vcpu, uint number)
    {
        switch (number)
        {
            case MicrocodeRevision or MpErf or ApErf:
            case >= 0x179 and <= 0x17B or >= 0x280 and <= 0x29F or >= 0x400 and <= 0x47F:
            case MiscEnable or HardwareConfiguration or NorthbridgeConfiguration or DecodeConfiguration:
            case >= 0xC001_0000 and <= 0xC001_0007 or >= 0xC001_0200 and <= 0xC001_020B:
                return true;
            default:
                vcpu.Domain.Log.WriteOnce($"wrmsr {number:x}", $"WRMSR 0x{number:x8} unimplemented");
                return false;
        }
    }
}
