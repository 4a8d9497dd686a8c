// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>A string or a number as written.</summary>
public sealed record ConfigAtom(string Text, SourcePosition Where) : ConfigValue(Where);
