// SPDX-License-Identifier: MIT
using System.Text.Json.Serialization;

namespace Domovoi.Cli.Listing;

/// <summary>JSON of <c>dom list</c>, in the contracts' spelling.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<ListedDomain>))]
internal sealed partial class ListingJson : JsonSerializerContext;
