// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Domains;

/// <summary>The guest did something its own hardware could not survive. Caught only by the vCPU's thread, which ends this one domain.</summary>
public sealed class DomainCrashException : Exception
{
    public DomainCrashException(CrashReason reason, string detail)
        : base(detail) => Reason = reason;

    public CrashReason Reason { get; }
}
