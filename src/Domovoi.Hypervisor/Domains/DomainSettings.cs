// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeStore;
using Domovoi.Hypervisor.Timers;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Domains;

/// <summary>What is decided about a domain before it exists.</summary>
public sealed record DomainSettings
{
    public required DomainId Id { get; init; }

    public string Name { get; init; } = "domain";

    /// <summary><c>xen_domain_handle_t</c></summary>
    public Guid Uuid { get; init; }

    /// <summary>Processors, online or not.</summary>
    public int VcpuCount { get; init; } = 1;

    /// <summary>Frame of <c>struct shared_info</c>; the domain builder allocates one and fills this in.</summary>
    public Mfn SharedInfo { get; init; } = Mfn.Invalid;

    public TimeSources Time { get; init; } = TimeSources.Host;

    /// <summary>Makes the gate on which a thread of this domain sleeps; the host may offer one that is finer than a millisecond.</summary>
    public Func<IWakeGate> NewWakeGate { get; init; } = static () => new MonitorWakeGate();

    /// <summary>Makes the alarm of this domain's timers; likewise.</summary>
    public Func<IAlarm> NewAlarm { get; init; } = static () => new MonitorAlarm();

    /// <summary>
    /// Called on the thread of each vCPU: what it returns tells any thread how much processor time that one used, in ns. null where the host
    /// cannot tell; then all time in which a vCPU has not stopped counts as running.
    /// </summary>
    public Func<Func<long>?> NewProcessorClock { get; init; } = static () => null;

    /// <summary>Called with its number on the thread of each vCPU, before that runs anything; must not throw.</summary>
    public Action<int> VcpuThreadStarted { get; init; } = static _ => { };

    /// <summary>Where translated code comes from and goes to, which the domain saves and disposes of at its end; null for nowhere.</summary>
    public TranslationStore? Translations { get; init; }

    /// <summary>Gets perf's map of each vCPU's translated code at the domain's very end; null for nobody.</summary>
    public Action<IEnumerable<string>>? CodeLeft { get; init; }

    /// <summary>Lines for the crash report that only the back ends know: the last ones of the guest's console.</summary>
    public Func<IReadOnlyList<string>> LastConsoleLines { get; init; } = static () => [];
}
