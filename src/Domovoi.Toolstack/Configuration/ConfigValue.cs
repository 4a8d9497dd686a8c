// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>What stands right of <c>=</c>: an atom or a list. As in xl, a number is an atom like any other.</summary>
public abstract record ConfigValue(SourcePosition Where);
