// SPDX-License-Identifier: MIT
using System.Text.Json.Serialization;

namespace Domovoi.Cli.Doctor;

/// <summary>A finding as a program reads it.</summary>
/// <param name="Code">Stable.</param>
/// <param name="Message">What is so.</param>
/// <param name="Explanation">Why it matters.</param>
/// <param name="Remedy">What helps.</param>
/// <param name="Repairable">Whether <c>--fix</c> does it.</param>
internal sealed record ToldFinding(string Code, string Message, string Explanation, string Remedy, bool Repairable);

/// <summary>JSON without reflection, which a native program has not.</summary>
[JsonSerializable(typeof(ToldFinding[]))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class FindingJson : JsonSerializerContext;
