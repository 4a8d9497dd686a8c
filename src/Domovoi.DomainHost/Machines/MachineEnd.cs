// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Registry;

namespace Domovoi.DomainHost.Machines;

/// <summary>How one boot ended.</summary>
internal sealed record MachineEnd(EndReason Reason, string? Detail = null);
