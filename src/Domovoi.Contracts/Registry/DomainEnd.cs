// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Registry;

/// <summary>How a domain ended.</summary>
/// <param name="Reason">What happened.</param>
/// <param name="Detail">One line for people; of a crash, what the report in the hypervisor's log begins with.</param>
/// <param name="At">When.</param>
public sealed record DomainEnd(EndReason Reason, string? Detail, DateTimeOffset At)
{
    /// <summary>0 for an end somebody asked for, 1 for a crash or failure: what <c>dom create -c</c> returns.</summary>
    public int ExitCode => Reason is EndReason.Crash or EndReason.DomainCrash or EndReason.Watchdog or EndReason.HostFailure ? 1 : 0;
}
