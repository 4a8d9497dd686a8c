// SPDX-License-Identifier: MIT
using System.CommandLine;

namespace Domovoi.Cli;

/// <summary>A command with examples for its help.</summary>
internal sealed class Verb(string name, string description, params string[] examples) : Command(name, description)
{
    internal IReadOnlyList<string> Examples { get; } = examples;
}
