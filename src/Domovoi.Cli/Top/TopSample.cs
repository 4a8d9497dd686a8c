// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Text.Json;
using Domovoi.Cli.Listing;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Devices;
using Domovoi.Contracts.Networks;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Top;

/// <summary>All domains at one moment, the host first.</summary>
/// <param name="Taken">A timestamp of <see cref="Stopwatch"/>.</param>
/// <param name="Rows">By id.</param>
internal sealed record TopSample(long Taken, IReadOnlyList<TopRow> Rows)
{
    internal static TopSample Take(Session session)
    {
        IReadOnlyList<DomainEntry> entries = [.. session.Registry.All().Where(static e => e.IsAlive)];
        long taken = Stopwatch.GetTimestamp();
        IReadOnlyList<ListedDomain> domains = DomainSurvey.Of(entries, details: true);
        return new TopSample(
            taken, [new TopRow(HostDomain.Read(), [], []), .. domains.Zip(entries, static (domain, entry) => WithDevices(domain, entry))]);
    }

    /// <summary>The row of the same boot of the same domain.</summary>
    internal TopRow? Find(TopRow row) => Rows.FirstOrDefault(other => other.Domain.Id == row.Domain.Id && other.Domain.Boots == row.Domain.Boots);

    private static TopRow WithDevices(ListedDomain domain, DomainEntry entry)
    {
        try
        {
            using ControlClient? client = domain.Status is null ? null : ControlClient.TryConnect(entry.Folder);
            return client is null ? new TopRow(domain, [], []) : new TopRow(domain, client.NetworkList().Nics, client.Disks().Disks);
        }
        catch (Exception e) when (e is ProblemException or IOException or JsonException)
        {
            return new TopRow(domain, [], []);              // it has just ended
        }
    }
}

/// <summary>One domain at one moment.</summary>
internal sealed record TopRow(ListedDomain Domain, IReadOnlyList<NicStatus> Nics, IReadOnlyList<DiskStatus> Disks)
{
    internal DomainStatus? Status => Domain.Status;

    internal bool IsHost => Domain.Id == 0;

    /// <summary>A counter of <c>dom info</c>; 0 where there is none.</summary>
    internal long Counter(string name) => Status?.Counters.GetValueOrDefault(name) ?? 0;

    internal long NicCounter(string name) => Nics.Sum(nic => nic.Counters.GetValueOrDefault(name));
}
