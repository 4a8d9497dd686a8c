// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>A text.</summary>
public sealed record TextAnswer(string Text);
