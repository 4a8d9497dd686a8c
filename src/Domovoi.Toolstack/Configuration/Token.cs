// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Configuration;

/// <summary>One word of the file; <paramref name="Value"/> is unquoted.</summary>
internal readonly record struct Token(TokenKind Kind, string Value, int Line, int Column);
