// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>A xenstore path; relative ones start at the domain's own <c>/local/domain/ID</c>.</summary>
public sealed record StorePath(string Path);
