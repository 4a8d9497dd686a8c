// SPDX-License-Identifier: MIT
using System.Text.Json.Serialization;

namespace Domovoi.Toolstack.Host;

/// <summary>What a setup changed, in order, so that it can be taken back exactly.</summary>
/// <param name="Files">Files that were written.</param>
/// <param name="Sysctls">Kernel settings that were changed.</param>
/// <param name="Bridge">The bridge that was made; null if it was there already.</param>
internal sealed record SetupRecord(List<ChangedFile> Files, List<ChangedSysctl> Sysctls, string? Bridge)
{
    internal static SetupRecord Empty => new([], [], null);
}

/// <summary>Enough to put a file back, and to see whether somebody has touched it since.</summary>
/// <param name="Path">Without the root.</param>
/// <param name="Before">Null: it was not there.</param>
/// <param name="After">What was written.</param>
internal sealed record ChangedFile(string Path, string? Before, string After);

/// <summary>A switch of the kernel's, for putting it back.</summary>
internal sealed record ChangedSysctl(string Name, string Before, string After);

/// <summary>JSON without reflection, which a native program has not.</summary>
[JsonSerializable(typeof(SetupRecord))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class HostJson : JsonSerializerContext;
