// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>The three kinds of virtual interrupt, xen.h: per vCPU (V), per domain (D), global (G).</summary>
internal static class VirqKinds
{
    extension(Virq interrupt)
    {
        /// <summary>Each vCPU binds its own.</summary>
        public bool IsPerVcpu => interrupt is Virq.Timer or Virq.Debug or Virq.Xenoprof or Virq.XenPmu;

        /// <summary>Belongs to domain 0 alone.</summary>
        public bool IsGlobal => !interrupt.IsPerVcpu && interrupt != Virq.Argo;
    }
}
