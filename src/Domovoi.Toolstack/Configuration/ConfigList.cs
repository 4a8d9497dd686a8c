// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary><c>[ VALUE, VALUE, ... ]</c></summary>
public sealed record ConfigList(IReadOnlyList<ConfigValue> Items, SourcePosition Where) : ConfigValue(Where);
