// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Registry;

/// <summary>What a domain is doing. <c>domain.json</c> never says <see cref="Blocked"/>: that changes too often for a file.</summary>
public enum DomainState
{
    /// <summary>Being built; no guest instruction has run.</summary>
    Starting,

    /// <summary>xl's r.</summary>
    Running,

    /// <summary>xl's b: every vCPU waits for an event.</summary>
    Blocked,

    /// <summary>xl's p.</summary>
    Paused,

    /// <summary>xl's s: the guest has shut down and is preserved.</summary>
    Shutdown,

    /// <summary>xl's c: the guest has crashed and is preserved.</summary>
    Crashed,

    /// <summary>xl's d: going away.</summary>
    Dying,

    /// <summary>Gone; the process has ended or is about to.</summary>
    Ended,
}
