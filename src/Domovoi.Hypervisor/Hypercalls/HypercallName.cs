// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary>The C names of hypercalls that a PV domU does not have, for the log.</summary>
internal static class HypercallName
{
    internal static string Of(HypercallNumber number) => number switch
    {
        HypercallNumber.EventChannelOpCompat => "__HYPERVISOR_event_channel_op_compat",
        HypercallNumber.PhysdevOpCompat => "__HYPERVISOR_physdev_op_compat",
        HypercallNumber.XsmOp => "__HYPERVISOR_xsm_op",
        HypercallNumber.XenoprofOp => "__HYPERVISOR_xenoprof_op",
        HypercallNumber.HvmOp => "__HYPERVISOR_hvm_op",
        HypercallNumber.TmemOp => "__HYPERVISOR_tmem_op",
        HypercallNumber.ArgoOp => "__HYPERVISOR_argo_op",
        HypercallNumber.XenPmuOp => "__HYPERVISOR_xenpmu_op",
        HypercallNumber.DmOp => "__HYPERVISOR_dm_op",
        HypercallNumber.HypfsOp => "__HYPERVISOR_hypfs_op",
        HypercallNumber.PagingDomctlCont => "__HYPERVISOR_paging_domctl_cont",
        _ => "no name",
    };
}
