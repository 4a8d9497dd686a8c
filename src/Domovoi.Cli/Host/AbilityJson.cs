// SPDX-License-Identifier: MIT
using System.Text.Json.Serialization;
using Domovoi.Toolstack.Host;

namespace Domovoi.Cli.Host;

/// <summary>JSON of <c>dom host check</c>.</summary>
[JsonSerializable(typeof(HostAbility[]))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class AbilityJson : JsonSerializerContext;
