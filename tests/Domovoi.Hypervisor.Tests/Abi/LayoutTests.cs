// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Runtime.CompilerServices;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Abi;

/// <summary>Our layouts against what a C compiler makes of Xen's headers: layout.txt, printed by layout.c.</summary>
public sealed class LayoutTests
{
    [Fact]
    public void Layout_OfEachStructure_IsTheCompilers()
    {
        Dictionary<string, long> expected = Expected();
        SortedDictionary<string, long> actual = new(StringComparer.Ordinal);
        Structures(actual);
        Context(actual);
        Constants(actual);
        Network(actual);
        Grants(actual);
        Assert.Equal(expected.OrderBy(pair => pair.Key, StringComparer.Ordinal), actual);
    }

    private static Dictionary<string, long> Expected() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Abi", "layout.txt"))
            .Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => unchecked((long)ulong.Parse(words[1], CultureInfo.InvariantCulture)));

    private static long At<T, TMember>(ref T structure, ref TMember member) =>
        Unsafe.ByteOffset(ref Unsafe.As<T, byte>(ref structure), ref Unsafe.As<TMember, byte>(ref member));

    private static void Structures(SortedDictionary<string, long> t)
    {
        TrapInfo trap = default;
        t["trap_info"] = Unsafe.SizeOf<TrapInfo>();
        t["trap_info.flags"] = At(ref trap, ref trap.Flags);
        t["trap_info.cs"] = At(ref trap, ref trap.CodeSelector);
        t["trap_info.address"] = At(ref trap, ref trap.Address);
        StartInfo start = default;
        t["start_info"] = Unsafe.SizeOf<StartInfo>();
        t["start_info.nr_pages"] = At(ref start, ref start.PageCount);
        t["start_info.shared_info"] = At(ref start, ref start.SharedInfo);
        t["start_info.flags"] = At(ref start, ref start.Flags);
        t["start_info.store_mfn"] = At(ref start, ref start.StoreMfn);
        t["start_info.store_evtchn"] = At(ref start, ref start.StoreEventChannel);
        t["start_info.console.domU.mfn"] = At(ref start, ref start.ConsoleMfn);
        t["start_info.console.domU.evtchn"] = At(ref start, ref start.ConsoleEventChannel);
        t["start_info.pt_base"] = At(ref start, ref start.PageTableBase);
        t["start_info.nr_pt_frames"] = At(ref start, ref start.PageTableFrames);
        t["start_info.mfn_list"] = At(ref start, ref start.FrameList);
        t["start_info.mod_start"] = At(ref start, ref start.ModuleStart);
        t["start_info.mod_len"] = At(ref start, ref start.ModuleLength);
        t["start_info.cmd_line"] = At(ref start, ref start.CommandLine);
        t["start_info.first_p2m_pfn"] = At(ref start, ref start.FirstP2mPfn);
        t["start_info.nr_p2m_frames"] = At(ref start, ref start.P2mFrameCount);
        VcpuTimeInfo time = default;
        t["vcpu_time_info"] = Unsafe.SizeOf<VcpuTimeInfo>();
        t["vcpu_time_info.tsc_timestamp"] = At(ref time, ref time.TscTimestamp);
        t["vcpu_time_info.system_time"] = At(ref time, ref time.SystemTime);
        t["vcpu_time_info.tsc_to_system_mul"] = At(ref time, ref time.TscToSystemMultiplier);
        t["vcpu_time_info.tsc_shift"] = At(ref time, ref time.TscShift);
        t["vcpu_time_info.flags"] = At(ref time, ref time.Flags);
        IretFrame iret = default;
        t["iret_context"] = Unsafe.SizeOf<IretFrame>();
        t["iret_context.flags"] = At(ref iret, ref iret.Flags);
        t["iret_context.rip"] = At(ref iret, ref iret.Rip);
        t["iret_context.ss"] = At(ref iret, ref iret.Ss);
        MulticallEntry call = default;
        t["multicall_entry"] = Unsafe.SizeOf<MulticallEntry>();
        t["multicall_entry.result"] = At(ref call, ref call.Result);
        t["multicall_entry.args"] = At(ref call, ref call.Arguments);
        VcpuRunstate runstate = default;
        t["vcpu_runstate_info"] = Unsafe.SizeOf<VcpuRunstate>();
        t["vcpu_runstate_info.state_entry_time"] = At(ref runstate, ref runstate.StateEntryTime);
        t["vcpu_runstate_info.time"] = At(ref runstate, ref runstate.TimeRunning);
        VcpuSetSingleshotTimer timer = default;
        t["vcpu_set_singleshot_timer"] = Unsafe.SizeOf<VcpuSetSingleshotTimer>();
        t["vcpu_set_singleshot_timer.flags"] = At(ref timer, ref timer.Flags);
        VcpuRegisterVcpuInfo info = default;
        t["vcpu_register_vcpu_info"] = Unsafe.SizeOf<VcpuRegisterVcpuInfo>();
        t["vcpu_register_vcpu_info.offset"] = At(ref info, ref info.Offset);
        SchedPoll poll = default;
        t["sched_poll"] = Unsafe.SizeOf<SchedPoll>();
        t["sched_poll.nr_ports"] = At(ref poll, ref poll.PortCount);
        t["sched_poll.timeout"] = At(ref poll, ref poll.Timeout);
        CallbackRegister callback = default;
        t["callback_register"] = Unsafe.SizeOf<CallbackRegister>();
        t["callback_register.flags"] = At(ref callback, ref callback.Flags);
        t["callback_register.address"] = At(ref callback, ref callback.Address);
        PhysdevSetIoBitmap bitmap = default;
        t["physdev_set_iobitmap"] = Unsafe.SizeOf<PhysdevSetIoBitmap>();
        t["physdev_set_iobitmap.nr_ports"] = At(ref bitmap, ref bitmap.PortCount);
    }

    private static void Context(SortedDictionary<string, long> t)
    {
        VcpuGuestContext context = default;
        t["vcpu_guest_context"] = Unsafe.SizeOf<VcpuGuestContext>();
        t["vcpu_guest_context.flags"] = At(ref context, ref context.Flags);
        t["vcpu_guest_context.user_regs"] = At(ref context, ref context.UserRegs);
        t["vcpu_guest_context.trap_ctxt"] = At(ref context, ref context.Traps);
        t["vcpu_guest_context.ldt_base"] = At(ref context, ref context.LdtBase);
        t["vcpu_guest_context.ldt_ents"] = At(ref context, ref context.LdtEntries);
        t["vcpu_guest_context.gdt_frames"] = At(ref context, ref context.GdtFrames);
        t["vcpu_guest_context.gdt_ents"] = At(ref context, ref context.GdtEntries);
        t["vcpu_guest_context.kernel_ss"] = At(ref context, ref context.KernelSs);
        t["vcpu_guest_context.kernel_sp"] = At(ref context, ref context.KernelSp);
        t["vcpu_guest_context.ctrlreg"] = At(ref context, ref context.ControlRegisters);
        t["vcpu_guest_context.debugreg"] = At(ref context, ref context.DebugRegisters);
        t["vcpu_guest_context.event_callback_eip"] = At(ref context, ref context.EventCallback);
        t["vcpu_guest_context.failsafe_callback_eip"] = At(ref context, ref context.FailsafeCallback);
        t["vcpu_guest_context.syscall_callback_eip"] = At(ref context, ref context.SyscallCallback);
        t["vcpu_guest_context.vm_assist"] = At(ref context, ref context.VmAssists);
        t["vcpu_guest_context.fs_base"] = At(ref context, ref context.FsBase);
        t["vcpu_guest_context.gs_base_kernel"] = At(ref context, ref context.GsBaseKernel);
        t["vcpu_guest_context.gs_base_user"] = At(ref context, ref context.GsBaseUser);
        CpuUserRegs regs = default;
        t["cpu_user_regs"] = Unsafe.SizeOf<CpuUserRegs>();
        t["cpu_user_regs.rax"] = At(ref regs, ref regs.Rax);
        t["cpu_user_regs.rdi"] = At(ref regs, ref regs.Rdi);
        t["cpu_user_regs.rip"] = At(ref regs, ref regs.Rip);
        t["cpu_user_regs.cs"] = At(ref regs, ref regs.Cs);
        t["cpu_user_regs.saved_upcall_mask"] = At(ref regs, ref regs.SavedUpcallMask);
        t["cpu_user_regs.rflags"] = At(ref regs, ref regs.Rflags);
        t["cpu_user_regs.ss"] = At(ref regs, ref regs.Ss);
        t["cpu_user_regs.gs"] = At(ref regs, ref regs.Gs);
    }

    private static void Constants(SortedDictionary<string, long> t)
    {
        t["shared_info.evtchn_pending"] = SharedInfo.EventPending;
        t["shared_info.evtchn_mask"] = SharedInfo.EventMask;
        t["shared_info.wc_version"] = SharedInfo.WallClockVersion;
        t["shared_info.wc_sec"] = SharedInfo.WallClockSeconds;
        t["shared_info.wc_nsec"] = SharedInfo.WallClockNanoseconds;
        t["shared_info.wc_sec_hi"] = SharedInfo.WallClockSecondsHigh;
        t["shared_info.arch.max_pfn"] = SharedInfo.MaxPfn;
        t["shared_info.arch.pfn_to_mfn_frame_list_list"] = SharedInfo.FrameListList;
        t["shared_info.arch.nmi_reason"] = SharedInfo.NmiReason;
        t["shared_info.arch.p2m_cr3"] = SharedInfo.P2mCr3;
        t["shared_info.arch.p2m_vaddr"] = SharedInfo.P2mVirtualAddress;
        t["shared_info.arch.p2m_generation"] = SharedInfo.P2mGeneration;
        t["vcpu_info"] = VcpuInfo.Size;
        t["vcpu_info.evtchn_upcall_mask"] = VcpuInfo.UpcallMask;
        t["vcpu_info.evtchn_pending_sel"] = VcpuInfo.PendingSelector;
        t["vcpu_info.arch.cr2"] = VcpuInfo.Cr2;
        t["vcpu_info.time"] = VcpuInfo.Time;
        t["FLAT_RING3_CS32"] = X86Selectors.Code32;
        t["FLAT_RING3_CS64"] = X86Selectors.Code64;
        t["FLAT_RING3_SS64"] = X86Selectors.Stack;
        t["FIRST_RESERVED_GDT_ENTRY"] = X86Selectors.FirstReservedGdtEntry;
        t["HYPERVISOR_VIRT_START"] = unchecked((long)X86Addresses.HypervisorStart);
        t["HYPERVISOR_VIRT_END"] = unchecked((long)X86Addresses.HypervisorEnd);
        t["NR_VIRQS"] = (long)Virq.Count;
        t["VGCF_in_kernel"] = (long)GuestContextFlags.InKernel;
        t["VGCF_syscall_disables_events"] = (long)GuestContextFlags.SyscallMasksEvents;
        t["VGCF_in_syscall"] = (long)GuestContextFlags.InSyscall;
        t["XEN_RUNSTATE_UPDATE"] = unchecked((long)VcpuRunstate.UpdateFlag);
    }

    private static void Grants(SortedDictionary<string, long> t)
    {
        GrantEntryV1 old = default;
        t["grant_entry_v1_t"] = Unsafe.SizeOf<GrantEntryV1>();
        t["grant_entry_v1_t.flags"] = At(ref old, ref old.Flags);
        t["grant_entry_v1_t.domid"] = At(ref old, ref old.Domain);
        t["grant_entry_v1_t.frame"] = At(ref old, ref old.Frame);
        GrantEntryV2 entry = default;
        t["grant_entry_v2_t"] = Unsafe.SizeOf<GrantEntryV2>();
        t["grant_entry_v2_t.hdr.flags"] = At(ref entry, ref entry.Flags);
        t["grant_entry_v2_t.hdr.domid"] = At(ref entry, ref entry.Domain);
        t["grant_entry_v2_t.full_page.frame"] = t["grant_entry_v2_t.sub_page.frame"] = At(ref entry, ref entry.Frame);
        t["grant_entry_v2_t.sub_page.page_off"] = At(ref entry, ref entry.PageOffset);
        t["grant_entry_v2_t.sub_page.length"] = At(ref entry, ref entry.Length);
        t["grant_entry_v2_t.transitive.trans_domid"] = At(ref entry, ref entry.TransitiveDomain);
        t["grant_entry_v2_t.transitive.gref"] = At(ref entry, ref entry.TransitiveReference);
        t["GTF_permit_access"] = (long)GrantFlags.PermitAccess;
        t["GTF_transitive"] = (long)GrantFlags.Transitive;
        t["GTF_readonly"] = (long)GrantFlags.ReadOnly;
        t["GTF_reading"] = (long)GrantFlags.Reading;
        t["GTF_writing"] = (long)GrantFlags.Writing;
        t["GTF_sub_page"] = (long)GrantFlags.SubPage;
    }

    private static void Network(SortedDictionary<string, long> t)
    {
        NetifTxRequest request = default;
        t["netif_tx_request"] = Unsafe.SizeOf<NetifTxRequest>();
        t["netif_tx_request.gref"] = At(ref request, ref request.Grant);
        t["netif_tx_request.offset"] = At(ref request, ref request.Offset);
        t["netif_tx_request.flags"] = At(ref request, ref request.Flags);
        t["netif_tx_request.id"] = At(ref request, ref request.Id);
        t["netif_tx_request.size"] = At(ref request, ref request.Size);
        NetifTxResponse sent = default;
        t["netif_tx_response"] = Unsafe.SizeOf<NetifTxResponse>();
        t["netif_tx_response.id"] = At(ref sent, ref sent.Id);
        t["netif_tx_response.status"] = At(ref sent, ref sent.Status);
        NetifRxRequest page = default;
        t["netif_rx_request"] = Unsafe.SizeOf<NetifRxRequest>();
        t["netif_rx_request.id"] = At(ref page, ref page.Id);
        t["netif_rx_request.gref"] = At(ref page, ref page.Grant);
        NetifRxResponse filled = default;
        t["netif_rx_response"] = Unsafe.SizeOf<NetifRxResponse>();
        t["netif_rx_response.id"] = At(ref filled, ref filled.Id);
        t["netif_rx_response.offset"] = At(ref filled, ref filled.Offset);
        t["netif_rx_response.flags"] = At(ref filled, ref filled.Flags);
        t["netif_rx_response.status"] = At(ref filled, ref filled.Status);
        NetifExtraInfo extra = default;
        t["netif_extra_info"] = Unsafe.SizeOf<NetifExtraInfo>();
        t["netif_extra_info.type"] = At(ref extra, ref extra.Type);
        t["netif_extra_info.flags"] = At(ref extra, ref extra.Flags);
        t["netif_extra_info.u.gso.size"] = At(ref extra, ref extra.GsoSize);
        t["netif_extra_info.u.gso.type"] = At(ref extra, ref extra.GsoType);
        t["netif_extra_info.u.gso.features"] = At(ref extra, ref extra.GsoFeatures);
        t["netif_extra_info.u.mcast.addr"] = At(ref extra, ref extra.MulticastHigh);
        NetworkNumbers(t);
    }

    private static void NetworkNumbers(SortedDictionary<string, long> t)
    {
        t["netif_tx_sring.req_prod"] = Ring.RequestProducer;
        t["netif_tx_sring.req_event"] = Ring.RequestEvent;
        t["netif_tx_sring.rsp_prod"] = Ring.ResponseProducer;
        t["netif_tx_sring.rsp_event"] = Ring.ResponseEvent;
        t["netif_tx_sring.ring"] = t["netif_rx_sring.ring"] = Ring.Slots;
        t["netif_tx_sring.slot"] = Unsafe.SizeOf<NetifTxRequest>();
        t["netif_rx_sring.slot"] = Unsafe.SizeOf<NetifRxResponse>();
        t["NETTXF_csum_blank"] = (long)NetifTxFlags.ChecksumBlank;
        t["NETTXF_data_validated"] = (long)NetifTxFlags.DataValidated;
        t["NETTXF_more_data"] = (long)NetifTxFlags.MoreData;
        t["NETTXF_extra_info"] = (long)NetifTxFlags.ExtraInfo;
        t["NETRXF_data_validated"] = (long)NetifRxFlags.DataValidated;
        t["NETRXF_csum_blank"] = (long)NetifRxFlags.ChecksumBlank;
        t["NETRXF_more_data"] = (long)NetifRxFlags.MoreData;
        t["NETRXF_extra_info"] = (long)NetifRxFlags.ExtraInfo;
        t["XEN_NETIF_EXTRA_TYPE_GSO"] = (long)NetifExtraType.Gso;
        t["XEN_NETIF_EXTRA_TYPE_MCAST_ADD"] = (long)NetifExtraType.MulticastAdd;
        t["XEN_NETIF_EXTRA_TYPE_MCAST_DEL"] = (long)NetifExtraType.MulticastDelete;
        t["XEN_NETIF_EXTRA_FLAG_MORE"] = NetifExtraInfo.More;
        t["XEN_NETIF_GSO_TYPE_TCPV4"] = (long)NetifGsoType.TcpV4;
        t["XEN_NETIF_GSO_TYPE_TCPV6"] = (long)NetifGsoType.TcpV6;
        t["NETIF_RSP_DROPPED"] = NetifStatus.Dropped;
        t["NETIF_RSP_ERROR"] = NetifStatus.Error;
        t["NETIF_RSP_OKAY"] = NetifStatus.Okay;
        t["NETIF_RSP_NULL"] = NetifStatus.Null;
        t["XEN_NETIF_NR_SLOTS_MIN"] = NetifLimits.Slots;
    }
}
