// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary>Every call and sub-operation that a 64-bit PV domU makes or may try, each with the plainest arguments: what Xen answers.</summary>
/// <remarks>What the calls do is tested where their subjects are; here none of them may be missing, or answer another way.</remarks>
public sealed class DomUCallTests
{
    private const long Ok = 0, NotPermitted = -1, NoEntry = -2, AccessDenied = -13, BadAddress = -14, NoDevice = -19;
    private const long Invalid = -22, NotImplemented = -38, NoData = -61, NotSupported = -95;
    private const ulong S = TestDomain.Scratch, Far = 0x1000, Self = 0x7FF0;

    [Theory]
    [InlineData(17, 0, 0, 0, (4 << 16) | 17)]               // XENVER_version
    [InlineData(17, 1, S, 0, Ok)]                           // extraversion
    [InlineData(17, 2, S, 0, Ok)]                           // compile_info
    [InlineData(17, 3, S, 0, Ok)]                           // capabilities
    [InlineData(17, 4, S, 0, Ok)]                           // changeset
    [InlineData(17, 5, S, 0, Ok)]                           // platform_parameters
    [InlineData(17, 6, S, 0, Ok)]                           // get_features
    [InlineData(17, 7, 0, 0, 4096)]                         // pagesize
    [InlineData(17, 8, S, 0, Ok)]                           // guest_handle
    [InlineData(17, 9, S, 0, Ok)]                           // commandline
    [InlineData(17, 10, S, 0, NoData)]                      // build_id
    [InlineData(17, 99, S, 0, NotImplemented)]
    [InlineData(17, 3, Far, 0, BadAddress)]
    [InlineData(18, 0, 0, S, Ok)]                           // CONSOLEIO_write of nothing
    [InlineData(18, 1, 0, S, NotPermitted)]                 // CONSOLEIO_read
    [InlineData(33, 6, S, 0, Ok)]                           // PHYSDEVOP_set_iopl
    [InlineData(33, 7, S, 0, Ok)]                           // set_iobitmap
    [InlineData(33, 28, S, 0, NotImplemented)]              // pirq_eoi_gmfn_v2
    [InlineData(33, 8, S, 0, NotPermitted)]                 // apic_read
    [InlineData(33, 13, S, 0, Invalid)]                     // map_pirq
    [InlineData(0, S, 0, 0, Ok)]                            // set_trap_table, empty
    [InlineData(2, S, 0, 0, Ok)]                            // set_gdt, empty
    [InlineData(2, S, 7169, 0, Invalid)]
    [InlineData(10, 3, 0, 0, Invalid)]                      // update_descriptor, misaligned
    [InlineData(3, 0xE02B, S, 0, Ok)]                       // stack_switch
    [InlineData(5, 1, 0, 0, Ok)]                            // fpu_taskswitch
    [InlineData(25, 0, S, 0, Ok)]                           // SEGBASE_FS
    [InlineData(25, 1, S, 0, Ok)]                           // SEGBASE_GS_USER
    [InlineData(25, 2, S, 0, Ok)]                           // SEGBASE_GS_KERNEL
    [InlineData(25, 3, 0xFFFF, 0, Ok)]                      // SEGBASE_GS_USER_SEL, of a selector that cannot be
    [InlineData(25, 4, S, 0, Invalid)]
    [InlineData(30, 0, S, 0, Ok)]                           // CALLBACKOP_register, event
    [InlineData(30, 1, S, 0, Invalid)]                      // CALLBACKOP_unregister, event
    [InlineData(30, 2, S, 0, NotImplemented)]
    [InlineData(4, S, S, S, Ok)]                            // set_callbacks
    [InlineData(28, 0, S, 0, Ok)]                           // XENNMI_register_callback
    [InlineData(28, 1, 0, 0, Ok)]                           // XENNMI_unregister_callback
    [InlineData(21, 0, 2, 0, Ok)]                           // VMASST_CMD_enable
    [InlineData(21, 1, 2, 0, Ok)]                           // VMASST_CMD_disable
    [InlineData(21, 2, 2, 0, NotImplemented)]
    [InlineData(14, S, 0, 0, Ok)]                           // update_va_mapping
    [InlineData(14, 0x4000_0000, 0, 0, Invalid)]            // where there is no level 1 table
    [InlineData(22, S, 0, 0, Ok)]                           // update_va_mapping_otherdomain, on itself
    [InlineData(1, S, 0, 0, Ok)]                            // mmu_update of nothing
    [InlineData(26, S, 0, 0, Ok)]                           // mmuext_op of nothing
    [InlineData(13, S, 0, 0, Ok)]                           // multicall of nothing
    [InlineData(13, Far, 1, 0, BadAddress)]
    [InlineData(12, 0, S, 0, 0)]                            // increase_reservation of nothing
    [InlineData(12, 1, S, 0, 0)]                            // decrease_reservation
    [InlineData(12, 2, 0, 0, 164)]                          // maximum_ram_page
    [InlineData(12, 3, S, 0, NotPermitted)]                           // current_reservation, of domain 0
    [InlineData(12, 4, S, 0, NotPermitted)]                          // maximum_reservation, of domain 0
    [InlineData(12, 5, S, 0, Ok)]                           // machphys_mfn_list
    [InlineData(12, 6, S, 0, 0)]                            // populate_physmap
    [InlineData(12, 7, S, 0, AccessDenied)]                 // add_to_physmap
    [InlineData(12, 9, S, 0, Invalid)]                      // memory_map into no entries
    [InlineData(12, 11, S, 0, Invalid)]                     // exchange of nothing
    [InlineData(12, 12, S, 0, Ok)]                          // machphys_mapping
    [InlineData(12, 14, S, 0, NotPermitted)]                          // maximum_gpfn, of domain 0
    [InlineData(12, 15, S, 0, AccessDenied)]                // remove_from_physmap
    [InlineData(12, 26, S, 0, NotSupported)]                // get_vnumainfo
    [InlineData(12, 63, S, 0, NotImplemented)]
    [InlineData(20, 0, S, 0, Ok)]                           // GNTTABOP_map_grant_ref of nothing
    [InlineData(20, 1, S, 0, Ok)]                           // unmap
    [InlineData(20, 2, S, 1, Ok)]                           // setup_table
    [InlineData(20, 2, S, 2, Invalid)]
    [InlineData(20, 3, S, 1, NotImplemented)]               // dump_table
    [InlineData(20, 4, S, 1, NotSupported)]                 // transfer
    [InlineData(20, 5, S, 1, Ok)]                           // copy
    [InlineData(20, 6, S, 1, Ok)]                           // query_size
    [InlineData(20, 7, S, 0, Ok)]                           // unmap_and_replace
    [InlineData(20, 8, S, 1, Invalid)]                      // set_version 0
    [InlineData(20, 9, S, 1, Ok)]                           // get_status_frames
    [InlineData(20, 10, S, 1, NotPermitted)]                          // get_version, of domain 0
    [InlineData(20, 11, S, 1, Ok)]                          // swap_grant_ref
    [InlineData(20, 12, S, 1, NotSupported)]                // cache_flush
    [InlineData(20, 5, Far, 1, BadAddress)]
    [InlineData(32, 0, S, 0, Invalid)]                      // bind_interdomain with port 0 of domain 0
    [InlineData(32, 1, S, 0, Ok)]                           // bind_virq, the timer's
    [InlineData(32, 2, S, 0, NotPermitted)]                 // bind_pirq
    [InlineData(32, 3, S, 0, Invalid)]                      // close of port 0
    [InlineData(32, 4, S, 0, Invalid)]                      // send to port 0
    [InlineData(32, 5, S, 0, NotPermitted)]                 // status of domain 0
    [InlineData(32, 6, S, 0, NotPermitted)]                 // alloc_unbound in domain 0
    [InlineData(32, 7, S, 0, Ok)]                           // bind_ipi
    [InlineData(32, 8, S, 0, Invalid)]                      // bind_vcpu of port 0
    [InlineData(32, 9, S, 0, Invalid)]                      // unmask of port 0
    [InlineData(32, 10, S, 0, NotPermitted)]                // reset of domain 0
    [InlineData(32, 12, S, 0, NotSupported)]                // expand_array before init_control
    [InlineData(32, 13, S, 0, Invalid)]                     // set_priority of port 0
    [InlineData(32, 99, S, 0, NotImplemented)]
    [InlineData(32, 1, Far, 0, BadAddress)]
    [InlineData(24, 3, 0, 0, 0)]                            // VCPUOP_is_up, of one that the test never brought up
    [InlineData(24, 3, 1, 0, NoEntry)]                      // which ends Linux's enumeration
    [InlineData(24, 4, 0, S, Ok)]                           // get_runstate_info
    [InlineData(24, 5, 0, S, Ok)]                           // register_runstate_memory_area
    [InlineData(24, 6, 0, S, Invalid)]                      // set_periodic_timer to 0
    [InlineData(24, 7, 0, 0, Ok)]                           // stop_periodic_timer
    [InlineData(24, 8, 0, S, Ok)]                           // set_singleshot_timer
    [InlineData(24, 9, 0, 0, Ok)]                           // stop_singleshot_timer
    [InlineData(24, 11, 0, 0, Ok)]                          // send_nmi
    [InlineData(24, 12, 0, S, Invalid)]                     // get_physid
    [InlineData(24, 13, 0, S, Ok)]                          // register_vcpu_time_memory_area
    [InlineData(24, 99, 0, S, NotImplemented)]
    [InlineData(15, 0, 0, 0, Ok)]                           // set_timer_op
    [InlineData(29, 0, 0, 0, Ok)]                           // SCHEDOP_yield
    [InlineData(29, 4, S, 0, NotPermitted)]                 // remote_shutdown
    [InlineData(29, 5, S, 0, Ok)]                           // shutdown_code
    [InlineData(29, 6, S, 0, 1)]                            // watchdog
    [InlineData(29, 7, S, 0, NotPermitted)]                 // pin_override
    [InlineData(29, 99, S, 0, NotImplemented)]
    [InlineData(6, 0, 0, 0, Ok)]                            // sched_op_compat: yield
    [InlineData(8, 0, 0, 0, Ok)]                            // set_debugreg
    [InlineData(9, 0, 0, 0, 0)]                             // get_debugreg
    [InlineData(9, 8, 0, 0, NoDevice)]
    [InlineData(40, 0, S, 0, NotImplemented)]               // xenpmu_op
    [InlineData(7, S, 0, 0, NotPermitted)]                  // platform_op
    [InlineData(34, 0, S, 0, NotImplemented)]               // hvm_op
    [InlineData(35, S, 0, 0, NotPermitted)]                 // sysctl
    [InlineData(36, S, 0, 0, NotPermitted)]                 // domctl
    [InlineData(48, S, 0, 0, NotPermitted)]                 // mca
    [InlineData(39, S, 0, 0, NotImplemented)]               // argo
    public void Call_WithPlainArguments_IsAnsweredAsByXen(ulong number, ulong a0, ulong a1, ulong a2, long answer)
    {
        using TestDomain domain = TestDomain.Create();
        Assert.Equal(answer, domain.Hypercall((HypercallNumber)number, a0, a1, a2, Self));
    }

    [Theory]
    [InlineData(12, 3, 0, 24)]                              // current_reservation
    [InlineData(12, 4, 0, 64)]                              // maximum_reservation
    [InlineData(12, 14, 0, 63)]                             // maximum_gpfn
    [InlineData(20, 6, 1, Ok)]                              // query_size
    [InlineData(20, 10, 1, Ok)]                             // get_version
    [InlineData(32, 10, 0, Ok)]                             // reset
    public void Call_AboutItself_IsAnsweredAsByXen(ulong number, ulong command, ulong count, long answer)
    {
        using TestDomain domain = TestDomain.Create();
        domain.Write(S, DomainId.Self);
        Assert.Equal(answer, domain.Hypercall((HypercallNumber)number, command, S, count, Self));
    }
}
