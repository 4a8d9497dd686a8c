// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;

namespace Domovoi.DomainHost.Lifecycle;

/// <summary>Which of the specification's actions follows which end.</summary>
internal static class EndPolicy
{
    internal static EndAction ActionFor(DomainSpecification specification, EndReason reason) => reason switch
    {
        EndReason.PowerOff => specification.OnPowerOff,
        EndReason.Reboot => specification.OnReboot,
        EndReason.SoftReset => EndAction.Restart,
        EndReason.Crash or EndReason.DomainCrash or EndReason.Watchdog => specification.OnCrash,
        _ => EndAction.Destroy,
    };

    /// <summary>Whether the guest's end was its own fault, so that the log should tell what came before it.</summary>
    internal static bool IsCrash(EndReason reason) =>
        reason is EndReason.Crash or EndReason.DomainCrash or EndReason.Watchdog or EndReason.HostFailure;
}
