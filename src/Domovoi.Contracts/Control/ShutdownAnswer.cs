// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>Whether the guest took the request. If not, it has been withdrawn: the guest does not listen.</summary>
public sealed record ShutdownAnswer(bool Acknowledged);
