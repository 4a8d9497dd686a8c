// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Domovoi.Toolstack.Networks;

/// <summary>The host's network as it was before <c>dom network start</c> changed it, kept in a file so that it survives anything.</summary>
/// <param name="Bridge">The bridge guests are put on.</param>
/// <param name="Device">The interface that is in it.</param>
/// <param name="MadeBridge">Whether there was no such bridge before.</param>
/// <param name="DeviceWasUp">Whether the interface was.</param>
/// <param name="Addresses">Of the interface.</param>
/// <param name="Routes">That led through the interface.</param>
public sealed record HostNetworkState(
    string Bridge, string Device, bool MadeBridge, bool DeviceWasUp, IReadOnlyList<KeptAddress> Addresses, IReadOnlyList<KeptRoute> Routes)
{
    /// <summary>null when the host has not been changed.</summary>
    public static HostNetworkState? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), HostNetworkJson.Default.HostNetworkState);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>On the disk when it returns.</summary>
    public void Write(string path)
    {
        string fresh = path + ".new";
        using (FileStream file = File.Create(fresh))
        {
            JsonSerializer.Serialize(file, this, HostNetworkJson.Default.HostNetworkState);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }
}

/// <summary>An address as it has to be given back.</summary>
public sealed record KeptAddress(string Address, int PrefixLength, string? Broadcast, int Scope, string? Label);

/// <summary>A route as it has to be given back.</summary>
public sealed record KeptRoute(
    string? Destination, int PrefixLength, string? Gateway, string? Source, int Metric, int Protocol, int Scope, bool IsIpv6);

/// <summary>Source-generated JSON of the state file.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(HostNetworkState))]
internal sealed partial class HostNetworkJson : JsonSerializerContext;
