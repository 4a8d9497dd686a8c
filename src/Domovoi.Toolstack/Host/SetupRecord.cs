// SPDX-License-Identifier: MIT
using System.Text.Json.Serialization;

namespace Domovoi.Toolstack.Host;

/// <summary>What a setup changed, in order, so that it can be taken back exactly.</summary>
/// <param name="Files">Files that were written.</param>
/// <param name="Sysctls">Kernel settings that were changed.</param>
/// <param name="Bridges">Bridges that were made, not those that were there already.</param>
/// <param name="Ports">Interfaces that were put on a bridge.</param>
internal sealed record SetupRecord(List<ChangedFile> Files, List<ChangedSysctl> Sysctls, List<string> Bridges, List<ChangedPort> Ports)
{
    internal static SetupRecord Empty => new([], [], [], []);
}

/// <summary>Enough to put a file back, and to see whether somebody has touched it since.</summary>
/// <param name="Path">Without the root.</param>
/// <param name="Before">Null: it was not there.</param>
/// <param name="After">What was written.</param>
internal sealed record ChangedFile(string Path, string? Before, string After);

/// <summary>A switch of the kernel's, for putting it back.</summary>
internal sealed record ChangedSysctl(string Name, string Before, string After);

/// <summary>An interface, and the bridge it was put on.</summary>
internal sealed record ChangedPort(string Port, string Bridge);

/// <summary>JSON without reflection, which a native program has not.</summary>
[JsonSerializable(typeof(SetupRecord))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class HostJson : JsonSerializerContext;
