// SPDX-License-Identifier: MIT
using Domovoi.Backends.Consoles;
using Domovoi.Contracts.Launch;
using Domovoi.DomainHost.Devices;
using Domovoi.DomainHost.Logs;
using Domovoi.Xenstore;

namespace Domovoi.DomainHost.Machines;

/// <summary>What a machine is built from: its specification, and what it shares with the boots before and after it.</summary>
/// <param name="Specification">The domain.</param>
/// <param name="Store">This boot's store, empty.</param>
/// <param name="Transcript">Where console output goes.</param>
/// <param name="Input">Where console input comes from.</param>
/// <param name="Log">The domain's log.</param>
/// <param name="Devices">What stands on its bus.</param>
internal sealed record MachineParts(
    DomainSpecification Specification,
    XenstoreServer Store,
    ConsoleTranscript Transcript,
    ConsoleInput Input,
    HypervisorLog Log,
    DomainDevices Devices);
