// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;

namespace Domovoi.Cli.Listing;

/// <summary>One row of <c>dom list</c>.</summary>
/// <param name="State">xl's six letters.</param>
/// <param name="Alive">Whether its process is there.</param>
/// <param name="Ending">How it died.</param>
/// <param name="Folder">Where its logs are.</param>
internal sealed record ListedDomain(
    string Name,
    int Id,
    long MemoryMiB,
    int Vcpus,
    string State,
    double CpuSeconds,
    bool Alive,
    Guid? Uuid = null,
    int? ProcessId = null,
    int? Boots = null,
    DateTimeOffset? Created = null,
    DomainEnd? End = null,
    string? Ending = null,
    string? Folder = null,
    DomainSpecification? Specification = null,
    DomainStatus? Status = null);
