// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

/// <summary>Loads the data segments of a vCPU whose registers came from elsewhere, before it runs; what cannot be loaded goes to the guest.</summary>
/// <remarks>
/// The only use of <c>CALLBACKTYPE_failsafe</c>. Its frame, from low addresses to high (<c>load_segments</c> of Xen):
/// <code>
/// RSP -> RCX  R11  DS  ES  FS  GS  RIP  CS | saved upcall mask &lt;&lt; 32  RFLAGS  RSP  SS
/// </code>
/// </remarks>
internal static class SegmentReload
{
    private const uint Es = 0, Ds = 3, Fs = 4, Gs = 5;

    /// <exception cref="DomainCrashException">A segment cannot be loaded, and the guest takes no failsafe callback.</exception>
    internal static void Reload(Vcpu vcpu)
    {
        ref CpuState state = ref vcpu.Cpu.State;
        Span<ulong> wanted = [state.Ds, state.Es, state.Fs, state.Gs];
        ulong ignored = 0;
        bool loaded = TryLoad(vcpu, Ds, ref state.Ds, ref state.DsBase)
            & TryLoad(vcpu, Es, ref state.Es, ref state.EsBase)
            & TryLoad(vcpu, Fs, ref state.Fs, ref ignored)      // the bases of these two come with the registers
            & TryLoad(vcpu, Gs, ref state.Gs, ref ignored);
        if (!loaded)
        {
            TrapDelivery.EnterFailsafe(vcpu, wanted);
        }
    }

    private static bool TryLoad(Vcpu vcpu, uint register, ref ushort selector, ref ulong @base)
    {
        bool loads = SegmentLoads.Check(vcpu, register, selector, out SegmentDescriptor descriptor) == 0;
        selector = loads ? selector : (ushort)0;
        @base = loads ? descriptor.Base : 0;
        return loads;
    }
}
