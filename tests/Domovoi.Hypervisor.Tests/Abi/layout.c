/* SPDX-License-Identifier: MIT */
/* Prints what a C compiler makes of Xen's public headers: gcc layout.c && ./a.out > layout.txt (package libxen-dev). */
#define __XEN_TOOLS__
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <xen/xen.h>
#include <xen/vcpu.h>
#include <xen/sched.h>
#include <xen/callback.h>
#include <xen/physdev.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/io/ring.h>
#include <xen/io/netif.h>

#define SIZE(type) printf(#type " %zu\n", sizeof(type))
#define AT(type, member) printf(#type "." #member " %zu\n", offsetof(type, member))
#define NUMBER(name) printf(#name " %llu\n", (unsigned long long)(name))

typedef struct trap_info trap_info;
typedef struct start_info start_info;
typedef struct shared_info shared_info;
typedef struct vcpu_info vcpu_info;
typedef struct vcpu_time_info vcpu_time_info;
typedef struct vcpu_guest_context vcpu_guest_context;
typedef struct cpu_user_regs cpu_user_regs;
typedef struct iret_context iret_context;
typedef struct multicall_entry multicall_entry;
typedef struct vcpu_runstate_info vcpu_runstate_info;
typedef struct vcpu_set_singleshot_timer vcpu_set_singleshot_timer;
typedef struct vcpu_register_vcpu_info vcpu_register_vcpu_info;
typedef struct sched_poll sched_poll;
typedef struct callback_register callback_register;
typedef struct physdev_set_iobitmap physdev_set_iobitmap;
typedef struct netif_tx_request netif_tx_request;
typedef struct netif_tx_response netif_tx_response;
typedef struct netif_rx_request netif_rx_request;
typedef struct netif_rx_response netif_rx_response;
typedef struct netif_extra_info netif_extra_info;
typedef struct netif_tx_sring netif_tx_sring;
typedef struct netif_rx_sring netif_rx_sring;

static void grants(void)
{
    SIZE(grant_entry_v1_t); AT(grant_entry_v1_t, flags); AT(grant_entry_v1_t, domid); AT(grant_entry_v1_t, frame);
    SIZE(grant_entry_v2_t); AT(grant_entry_v2_t, hdr.flags); AT(grant_entry_v2_t, hdr.domid); AT(grant_entry_v2_t, full_page.frame);
    AT(grant_entry_v2_t, sub_page.page_off); AT(grant_entry_v2_t, sub_page.length); AT(grant_entry_v2_t, sub_page.frame);
    AT(grant_entry_v2_t, transitive.trans_domid); AT(grant_entry_v2_t, transitive.gref);
    NUMBER(GTF_permit_access); NUMBER(GTF_transitive); NUMBER(GTF_readonly); NUMBER(GTF_reading); NUMBER(GTF_writing); NUMBER(GTF_sub_page);
}

static void network(void)
{
    SIZE(netif_tx_request); AT(netif_tx_request, gref); AT(netif_tx_request, offset); AT(netif_tx_request, flags);
    AT(netif_tx_request, id); AT(netif_tx_request, size);
    SIZE(netif_tx_response); AT(netif_tx_response, id); AT(netif_tx_response, status);
    SIZE(netif_rx_request); AT(netif_rx_request, id); AT(netif_rx_request, gref);
    SIZE(netif_rx_response); AT(netif_rx_response, id); AT(netif_rx_response, offset); AT(netif_rx_response, flags);
    AT(netif_rx_response, status);
    SIZE(netif_extra_info); AT(netif_extra_info, type); AT(netif_extra_info, flags); AT(netif_extra_info, u.gso.size);
    AT(netif_extra_info, u.gso.type); AT(netif_extra_info, u.gso.features); AT(netif_extra_info, u.mcast.addr);
    AT(netif_tx_sring, req_prod); AT(netif_tx_sring, req_event); AT(netif_tx_sring, rsp_prod); AT(netif_tx_sring, rsp_event);
    AT(netif_tx_sring, ring); AT(netif_rx_sring, ring);
    printf("netif_tx_sring.slot %zu\n", sizeof(((netif_tx_sring *)0)->ring[0]));
    printf("netif_rx_sring.slot %zu\n", sizeof(((netif_rx_sring *)0)->ring[0]));
    NUMBER(NETTXF_csum_blank); NUMBER(NETTXF_data_validated); NUMBER(NETTXF_more_data); NUMBER(NETTXF_extra_info);
    NUMBER(NETRXF_data_validated); NUMBER(NETRXF_csum_blank); NUMBER(NETRXF_more_data); NUMBER(NETRXF_extra_info);
    NUMBER(XEN_NETIF_EXTRA_TYPE_GSO); NUMBER(XEN_NETIF_EXTRA_TYPE_MCAST_ADD); NUMBER(XEN_NETIF_EXTRA_TYPE_MCAST_DEL);
    NUMBER(XEN_NETIF_EXTRA_FLAG_MORE); NUMBER(XEN_NETIF_GSO_TYPE_TCPV4); NUMBER(XEN_NETIF_GSO_TYPE_TCPV6);
    NUMBER(NETIF_RSP_DROPPED); NUMBER(NETIF_RSP_ERROR); NUMBER(NETIF_RSP_OKAY); NUMBER(NETIF_RSP_NULL);
    NUMBER(XEN_NETIF_NR_SLOTS_MIN);
}

int main(void)
{
    grants();
    SIZE(trap_info); AT(trap_info, flags); AT(trap_info, cs); AT(trap_info, address);
    SIZE(start_info); AT(start_info, nr_pages); AT(start_info, shared_info); AT(start_info, flags); AT(start_info, store_mfn);
    AT(start_info, store_evtchn); AT(start_info, console.domU.mfn); AT(start_info, console.domU.evtchn); AT(start_info, pt_base);
    AT(start_info, nr_pt_frames); AT(start_info, mfn_list); AT(start_info, mod_start); AT(start_info, mod_len);
    AT(start_info, cmd_line); AT(start_info, first_p2m_pfn); AT(start_info, nr_p2m_frames);
    AT(shared_info, evtchn_pending); AT(shared_info, evtchn_mask); AT(shared_info, wc_version); AT(shared_info, wc_sec);
    AT(shared_info, wc_nsec); AT(shared_info, wc_sec_hi); AT(shared_info, arch.max_pfn);
    AT(shared_info, arch.pfn_to_mfn_frame_list_list); AT(shared_info, arch.nmi_reason); AT(shared_info, arch.p2m_cr3);
    AT(shared_info, arch.p2m_vaddr); AT(shared_info, arch.p2m_generation);
    SIZE(vcpu_info); AT(vcpu_info, evtchn_upcall_mask); AT(vcpu_info, evtchn_pending_sel); AT(vcpu_info, arch.cr2);
    AT(vcpu_info, time);
    SIZE(vcpu_time_info); AT(vcpu_time_info, tsc_timestamp); AT(vcpu_time_info, system_time);
    AT(vcpu_time_info, tsc_to_system_mul); AT(vcpu_time_info, tsc_shift); AT(vcpu_time_info, flags);
    SIZE(vcpu_guest_context); AT(vcpu_guest_context, flags); AT(vcpu_guest_context, user_regs);
    AT(vcpu_guest_context, trap_ctxt); AT(vcpu_guest_context, ldt_base); AT(vcpu_guest_context, ldt_ents);
    AT(vcpu_guest_context, gdt_frames); AT(vcpu_guest_context, gdt_ents); AT(vcpu_guest_context, kernel_ss);
    AT(vcpu_guest_context, kernel_sp); AT(vcpu_guest_context, ctrlreg); AT(vcpu_guest_context, debugreg);
    AT(vcpu_guest_context, event_callback_eip); AT(vcpu_guest_context, failsafe_callback_eip);
    AT(vcpu_guest_context, syscall_callback_eip); AT(vcpu_guest_context, vm_assist); AT(vcpu_guest_context, fs_base);
    AT(vcpu_guest_context, gs_base_kernel); AT(vcpu_guest_context, gs_base_user);
    SIZE(cpu_user_regs); AT(cpu_user_regs, rax); AT(cpu_user_regs, rdi); AT(cpu_user_regs, rip); AT(cpu_user_regs, cs);
    AT(cpu_user_regs, saved_upcall_mask); AT(cpu_user_regs, rflags); AT(cpu_user_regs, ss); AT(cpu_user_regs, gs);
    SIZE(iret_context); AT(iret_context, flags); AT(iret_context, rip); AT(iret_context, ss);
    SIZE(multicall_entry); AT(multicall_entry, result); AT(multicall_entry, args);
    SIZE(vcpu_runstate_info); AT(vcpu_runstate_info, state_entry_time); AT(vcpu_runstate_info, time);
    SIZE(vcpu_set_singleshot_timer); AT(vcpu_set_singleshot_timer, flags);
    SIZE(vcpu_register_vcpu_info); AT(vcpu_register_vcpu_info, offset);
    SIZE(sched_poll); AT(sched_poll, nr_ports); AT(sched_poll, timeout);
    SIZE(callback_register); AT(callback_register, flags); AT(callback_register, address);
    SIZE(physdev_set_iobitmap); AT(physdev_set_iobitmap, nr_ports);
    NUMBER(FLAT_RING3_CS32); NUMBER(FLAT_RING3_CS64); NUMBER(FLAT_RING3_SS64); NUMBER(FIRST_RESERVED_GDT_ENTRY);
    NUMBER(HYPERVISOR_VIRT_START); NUMBER(HYPERVISOR_VIRT_END); NUMBER(NR_VIRQS);
    NUMBER(VGCF_in_kernel); NUMBER(VGCF_syscall_disables_events); NUMBER(VGCF_in_syscall); NUMBER(XEN_RUNSTATE_UPDATE);
    network();
    return 0;
}
