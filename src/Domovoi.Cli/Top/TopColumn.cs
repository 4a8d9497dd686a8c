// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Toolstack.Configuration;

namespace Domovoi.Cli.Top;

/// <summary>A column of <c>dom top</c>: xentop's, then those of the engine.</summary>
/// <param name="Heading">As in xentop.</param>
/// <param name="Width">At least.</param>
/// <param name="Text">What stands in it.</param>
/// <param name="Order">What rows are sorted by, the largest first; null for the text itself.</param>
internal sealed record TopColumn(string Heading, int Width, Func<TopChange, string> Text, Func<TopChange, double>? Order = null)
{
    private const string StateLetters = "dsbcpr";

    internal static IReadOnlyList<TopColumn> All { get; } =
    [
        new("NAME", 10, static c => c.Now.Domain.Name),
        new("STATE", 6, static c => State(c.Now.Domain.State)),
        Number("CPU(sec)", 10, static c => c.Now.Domain.CpuSeconds),
        Percent("CPU(%)", 6, static c => c.CpuPercent),
        Number("MEM(k)", 10, static c => c.Now.Domain.MemoryMiB * 1024),
        Percent("MEM(%)", 6, static c => 100.0 * c.Now.Domain.MemoryMiB / HostMemory.TotalMiB()),
        new("MAXMEM(k)", 10, static c => MaximumKiB(c) is { } kib ? Whole(kib) : "no limit", static c => MaximumKiB(c) ?? double.MaxValue),
        new("MAXMEM(%)", 9, static c => MaximumKiB(c) is { } kib ? OneDigit(100.0 * kib / 1024 / HostMemory.TotalMiB()) : "n/a", static c => MaximumKiB(c) ?? double.MaxValue),
        Number("VCPUS", 5, static c => c.Now.Status?.Vcpus.Count ?? c.Now.Domain.Vcpus),
        Number("NETS", 4, static c => c.Now.Nics.Count),
        Number("NETTX(k)", 8, static c => c.Now.NicCounter("tx-bytes") / 1024),
        Number("NETRX(k)", 8, static c => c.Now.NicCounter("rx-bytes") / 1024),
        Number("VBDS", 4, static c => c.Now.Disks.Count),
        Number("VBD_OO", 8, static _ => 0),                 // a full ring here waits in the guest
        Number("VBD_RD", 8, static c => c.Now.Disks.Sum(static d => d.Counters.ReadRequests)),
        Number("VBD_WR", 8, static c => c.Now.Disks.Sum(static d => d.Counters.WriteRequests)),
        Number("VBD_RSECT", 10, static c => c.Now.Disks.Sum(static d => d.Counters.ReadSectors)),
        Number("VBD_WSECT", 10, static c => c.Now.Disks.Sum(static d => d.Counters.WriteSectors)),
        Number("SSID", 4, static _ => 0),
        Percent("GUEST(%)", 8, static c => c.GuestPercent),
        Percent("TRANSL(%)", 9, static c => c.TranslationPercent),
        Number("EXITS/s", 9, static c => c.ExitsPerSecond),
        Number("TLBMISS/s", 9, static c => c.Counted("cpu.slow-accesses")),
        Number("HCALLS/s", 9, static c => c.Counted("hypercalls")),
    ];

    private static TopColumn Number(string heading, int width, Func<TopChange, double> value) => new(heading, width, c => Whole(value(c)), value);

    private static TopColumn Percent(string heading, int width, Func<TopChange, double> value) => new(heading, width, c => OneDigit(value(c)), value);

    /// <summary>Null where there is no limit, as of Domain-0.</summary>
    private static double? MaximumKiB(TopChange change) => change.Now.Domain.Specification is { } wanted
        ? Math.Max(wanted.MaxMemoryKiB, wanted.MemoryKiB)
        : null;

    /// <summary>xl's letters in xentop's order.</summary>
    private static string State(string letters) => string.Concat(StateLetters.Select(letter => letters.Contains(letter) ? letter : '-'));

    private static string Whole(double value) => Math.Floor(value).ToString("F0", CultureInfo.InvariantCulture);

    private static string OneDigit(double value) => value.ToString("F1", CultureInfo.InvariantCulture);
}
