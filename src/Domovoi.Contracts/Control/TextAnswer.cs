// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>The answer of a method whose result is one string.</summary>
public sealed record TextAnswer(string Text);
