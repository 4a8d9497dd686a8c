// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>The last word the file has on one name.</summary>
/// <param name="Name">In xl's spelling.</param>
/// <param name="Value">With everything that <c>+=</c> put together.</param>
/// <param name="IsSum">Whether <c>+=</c> made it, which xl refuses for numbers.</param>
/// <param name="Where">Where the name stands.</param>
public sealed record Setting(string Name, ConfigValue Value, bool IsSum, SourcePosition Where);
