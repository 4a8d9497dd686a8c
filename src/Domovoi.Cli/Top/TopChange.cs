// SPDX-License-Identifier: MIT
namespace Domovoi.Cli.Top;

/// <summary>A domain now and one sample ago.</summary>
/// <param name="Now">Now.</param>
/// <param name="Before">Null the first time, and after a reboot: rates are 0 then, as xentop's.</param>
/// <param name="Seconds">Between the two.</param>
internal readonly record struct TopChange(TopRow Now, TopRow? Before, double Seconds)
{
    private const string Exits = "exits.";

    internal double CpuPercent => Rate(static row => row.Domain.CpuSeconds) * 100;

    internal double TranslationPercent => Counted("cpu.translation-ns") / 1e7;

    /// <summary>What vCPUs run without translating: guest code, and what the hypervisor does for it.</summary>
    internal double GuestPercent => Now.IsHost ? 0 : Math.Max(0, CpuPercent - TranslationPercent);

    internal double ExitsPerSecond
    {
        get
        {
            TopChange change = this;
            return Reasons.Sum(reason => change.Counted(Exits + reason));
        }
    }

    /// <summary>Why vCPUs left the engine, by how often.</summary>
    internal IReadOnlyList<(string Reason, double PerSecond)> ExitsByReason
    {
        get
        {
            TopChange change = this;
            return [.. Reasons.Select(reason => (reason, change.Counted(Exits + reason))).OrderByDescending(static exit => exit.Item2)];
        }
    }

    private IEnumerable<string> Reasons => Now.Status?.Counters.Keys
        .Where(static name => name.StartsWith(Exits, StringComparison.Ordinal))
        .Select(static name => name[Exits.Length..]) ?? [];

    /// <summary>How much a counter of <c>dom info</c> grows in a second.</summary>
    internal double Counted(string name) => Rate(row => row.Counter(name));

    private double Rate(Func<TopRow, double> value) =>
        Before is { } before && Seconds > 0 ? Math.Max(0, (value(Now) - value(before)) / Seconds) : 0;
}
