// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>What stands right of <c>=</c>: an atom or a list. As in xl, a number is an atom like any other.</summary>
public abstract record ConfigValue(SourcePosition Where);

/// <summary>A string or a number as written.</summary>
public sealed record ConfigAtom(string Text, SourcePosition Where) : ConfigValue(Where);

/// <summary><c>[ VALUE, VALUE, ... ]</c></summary>
public sealed record ConfigList(IReadOnlyList<ConfigValue> Items, SourcePosition Where) : ConfigValue(Where);
