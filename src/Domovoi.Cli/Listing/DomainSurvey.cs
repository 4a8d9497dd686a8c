// SPDX-License-Identifier: MIT
using System.Text.Json;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Listing;

/// <summary>Asks every domain how it is. One that does not answer is shown as its file describes it, and holds up nobody.</summary>
internal static class DomainSurvey
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    internal static IReadOnlyList<ListedDomain> Of(IReadOnlyList<DomainEntry> entries, bool details)
    {
        List<(DomainEntry Entry, Task<DomainStatus?>? Answer)> asked =
            [.. entries.Select(e => (e, e.IsAlive ? Task.Factory.StartNew(() => Ask(e), TaskCreationOptions.LongRunning) : null))];
        Task.WaitAll([.. asked.Select(a => a.Answer).OfType<Task>()], Patience);
        return [.. asked.Select(a => Row(a.Entry, a.Answer is { IsCompletedSuccessfully: true } answer ? answer.Result : null, details))];
    }

    private static DomainStatus? Ask(DomainEntry entry)
    {
        try
        {
            using ControlClient? client = ControlClient.TryConnect(entry.Folder);
            return client?.Status();
        }
        catch (Exception e) when (e is ProblemException or IOException or JsonException)
        {
            return null;
        }
    }

    private static ListedDomain Row(DomainEntry entry, DomainStatus? status, bool details)
    {
        DomainRecord record = status?.Record ?? entry.Record;
        return new ListedDomain(
            record.Name,
            record.Id,
            (long)((status?.CurrentMemoryKiB ?? (entry.IsAlive ? record.MemoryKiB : 0)) >> 10),
            record.Vcpus,
            entry.IsAlive ? Letters(record.State) : Letters(entry.Record.End?.Reason),
            (status?.CpuTimeNanoseconds ?? 0) / 1e9,
            entry.IsAlive,
            record.Uuid,
            record.ProcessId,
            record.Boots,
            record.Created,
            record.End,
            entry.IsAlive ? null : DomainRegistry.EndingOf(entry),
            entry.Folder.Path,
            details ? Specification(entry.Folder) : null,
            details ? status : null);
    }

    /// <summary>xl's columns: running, blocked, paused, shut down, the reason's letter, dying.</summary>
    private static string Letters(DomainState state) => state switch
    {
        DomainState.Running => "r-----",
        DomainState.Blocked => "-b----",
        DomainState.Paused => "--p---",
        DomainState.Starting => "--p---",
        DomainState.Shutdown => "---s--",
        DomainState.Crashed => "---sc-",
        _ => "-----d",
    };

    /// <summary>A dead domain: shut down by a crash or its watchdog, or just gone.</summary>
    private static string Letters(EndReason? reason) => reason switch
    {
        EndReason.Crash or EndReason.DomainCrash => "---sc-",
        EndReason.Watchdog => "---sw-",
        EndReason.Reboot => "---sr-",
        EndReason.PowerOff => "---s--",
        _ => "-----d",
    };

    private static DomainSpecification? Specification(DomainFolder folder)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(folder.Specification), ContractJson.Default.DomainSpecification);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }
}
