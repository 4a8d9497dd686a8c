// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Domovoi.Contracts.Registry;

/// <summary><c>domain.json</c>: what is known of a domain without asking its process, and all that is known when that is gone.</summary>
/// <param name="Id">Domain id.</param>
/// <param name="Name">Unique among living domains.</param>
/// <param name="Uuid">Of the domain, kept across reboots.</param>
/// <param name="MemoryKiB">Memory at start.</param>
/// <param name="Vcpus">Number of vCPUs; in the status of a living domain, of those that are online.</param>
/// <param name="State">Last state written down.</param>
/// <param name="ProcessId">Of <c>domovoi-vm</c>; 0 before it has started.</param>
/// <param name="Created">When the domain was made.</param>
/// <param name="Boots">1, and one more after each restart.</param>
/// <param name="End">Set when <paramref name="State"/> is Shutdown, Crashed or Ended.</param>
public sealed record DomainRecord(
    int Id,
    string Name,
    Guid Uuid,
    ulong MemoryKiB,
    int Vcpus,
    DomainState State,
    int ProcessId,
    DateTimeOffset Created,
    int Boots = 1,
    DomainEnd? End = null)
{
    /// <summary>Reads a folder's record; null when there is none that can be read.</summary>
    public static DomainRecord? TryRead(DomainFolder folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(folder.Record), ContractJson.Default.DomainRecord);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces the folder's record in one step.</summary>
    public void Write(DomainFolder folder)
    {
        string fresh = $"{folder.Record}.{Environment.ProcessId}";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(this, ContractJson.Default.DomainRecord));
        File.Move(fresh, folder.Record, overwrite: true);
    }
}
