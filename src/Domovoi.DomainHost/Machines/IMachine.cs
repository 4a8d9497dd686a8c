// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Control;

namespace Domovoi.DomainHost.Machines;

/// <summary>One boot of a domain, from built to ended. Thread safe. Tests of the lifecycle put another in the hypervisor's place.</summary>
internal interface IMachine : IDisposable
{
    /// <summary>Ends when the guest does, or is stopped.</summary>
    Task<MachineEnd> Completion { get; }

    void Start();

    void Pause();

    void Unpause();

    /// <summary>Stops it at once.</summary>
    void Destroy();

    MachineMeasure Measure();

    /// <exception cref="Contracts.ProblemException">There is no such vCPU, or the host has no such processors.</exception>
    void Pin(VcpuPinning pinning);

    /// <summary>perf's map of the translated code, a text for each vCPU that told it in time.</summary>
    IReadOnlyList<string> DescribeCode();
}
