// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts;

/// <summary>A place in a file a person wrote; line and column count from 1.</summary>
public sealed record SourcePosition(string File, int Line, int Column);
