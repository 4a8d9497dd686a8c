// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Hypervisor.Vcpus;

namespace Domovoi.Hypervisor.Traps;

/// <summary>LAR, LSL, VERR and VERW, as ring 3 sees the guest's tables.</summary>
internal static class SegmentQueries
{
    internal static void Emulate(Vcpu vcpu, in ExitDetails exit)
    {
        ushort selector = (ushort)exit.Value;
        bool visible = vcpu.Descriptors.TryRead(vcpu, selector, out SegmentDescriptor descriptor)
            && IsVisible(descriptor, exit.Operation);
        switch (exit.Operation)
        {
            case PrivilegedOperation.LoadAccessRights when visible:
                vcpu.Cpu.Complete(descriptor.AccessRights);
                break;
            case PrivilegedOperation.LoadSegmentLimit when visible:
                vcpu.Cpu.Complete(descriptor.Limit);
                break;
            case PrivilegedOperation.VerifyRead:
                vcpu.Cpu.SkipWithZeroFlag(visible && (!descriptor.IsCode || descriptor.IsReadableOrWritable));
                break;
            case PrivilegedOperation.VerifyWrite:
                vcpu.Cpu.SkipWithZeroFlag(visible && descriptor is { IsCode: false, IsReadableOrWritable: true });
                break;
            default:
                vcpu.Cpu.SkipWithZeroFlag(false);
                break;
        }
    }

    /// <summary>Privilege permits, and the type is one the instruction knows (SDM 2, tables of LAR and LSL).</summary>
    private static bool IsVisible(SegmentDescriptor descriptor, PrivilegedOperation operation)
    {
        bool permitted = descriptor.PrivilegeLevel == 3 || descriptor is { IsSegment: true, IsCode: true, IsConforming: true };
        bool knowsSystemTypes = operation is PrivilegedOperation.LoadAccessRights or PrivilegedOperation.LoadSegmentLimit;
        bool knownSystemType = descriptor.SystemType is 2 or 9 or 11
            || (descriptor.SystemType == 12 && operation == PrivilegedOperation.LoadAccessRights);
        return permitted && (descriptor.IsSegment || (knowsSystemTypes && knownSystemType));
    }
}
