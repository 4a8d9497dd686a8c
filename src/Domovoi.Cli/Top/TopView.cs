// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Devices;
using Domovoi.Contracts.Networks;

namespace Domovoi.Cli.Top;

/// <summary>What is shown of each domain, and in which order; changed by keys.</summary>
internal sealed class TopView
{
    private const int VcpusPerLine = 5;

    internal bool Vcpus { get; set; }

    internal bool Networks { get; set; }

    internal bool Disks { get; set; }

    internal bool Exits { get; set; }

    internal bool RepeatsHeading { get; set; }

    internal bool FullNames { get; set; }

    internal bool HostFirst { get; set; }

    /// <summary>A place in <see cref="TopColumn.All"/>; -1 for the domains' own order.</summary>
    internal int SortedBy { get; set; } = -1;

    /// <summary>Domains that are scrolled away.</summary>
    internal int Skipped { get; set; }

    /// <summary>The lines of one sample; headings begin with <paramref name="headingMark"/>.</summary>
    internal IEnumerable<string> Lines(TopSample now, TopSample? before, string headingMark = "")
    {
        double seconds = before is null ? 0 : System.Diagnostics.Stopwatch.GetElapsedTime(before.Taken, now.Taken).TotalSeconds;
        TopChange[] changes = Sort([.. now.Rows.Select(row => new TopChange(row, before?.Find(row), seconds))]);
        Skipped = Math.Clamp(Skipped, 0, changes.Length - 1);
        string[][] cells = [.. changes.Select(change => TopColumn.All.Select(column => Cell(column, change)).ToArray())];
        int[] widths = [.. TopColumn.All.Select((column, i) => Math.Max(column.Width, cells.Max(row => row[i].Length)))];
        string heading = headingMark + string.Join(' ', TopColumn.All.Select((column, i) => column.Heading.PadLeft(widths[i])));
        for (int i = Skipped; i < changes.Length; i++)
        {
            if (i == Skipped || RepeatsHeading)
            {
                yield return heading;
            }

            yield return string.Join(' ', cells[i].Select((cell, column) => cell.PadLeft(widths[column])));
            foreach (string line in Details(changes[i]))
            {
                yield return line;
            }
        }
    }

    private string Cell(TopColumn column, TopChange change)
    {
        string text = column.Text(change);
        bool isCut = ReferenceEquals(column, TopColumn.All[0]) && !FullNames && text.Length > column.Width;
        return isCut ? text[..column.Width] : text;
    }

    private TopChange[] Sort(TopChange[] changes)
    {
        if (SortedBy < 0)
        {
            return changes;
        }

        TopColumn column = TopColumn.All[SortedBy];
        IEnumerable<TopChange> sorted = column.Order is { } order
            ? changes.OrderByDescending(order)
            : changes.OrderBy(column.Text, StringComparer.OrdinalIgnoreCase);
        return HostFirst ? [.. sorted.OrderByDescending(static c => c.Now.IsHost)] : [.. sorted];
    }

    private IEnumerable<string> Details(TopChange change)
    {
        if (Vcpus && change.Now.Status is { } status)
        {
            foreach (VcpuStatus[] part in status.Vcpus.Where(static v => v.IsOnline).Chunk(VcpusPerLine))
            {
                yield return "VCPUs(sec): " + string.Concat(part.Select(static v => Text($" {v.Id,2}: {v.CpuTimeNanoseconds / 1_000_000_000,10}s")));
            }
        }

        if (Exits && !change.Now.IsHost)
        {
            yield return "Exits/s: " + string.Join("  ", change.ExitsByReason.Select(static e => Text($"{e.Reason} {e.PerSecond:F0}")));
        }

        foreach (string line in (Networks ? change.Now.Nics.Select(Line) : []).Concat(Disks ? change.Now.Disks.Select(Line) : []))
        {
            yield return line;
        }
    }

    private static string Line(NicStatus nic)
    {
        long Count(string name) => nic.Counters.GetValueOrDefault(name);
        return Text($"Net{nic.Specification.Index} RX: {Count("rx-bytes"),8}bytes {Count("rx-frames"),8}pkts {0,8}err {Count("overflows"),8}drop  ")
            + Text($"TX: {Count("tx-bytes"),8}bytes {Count("tx-frames"),8}pkts {Count("malformed"),8}err {Count("vlan-drops") + Count("spoof-drops"),8}drop");
    }

    private static string Line(DiskStatus disk) => Text(
        $"VBD BlkBack {disk.Specification.VirtualDevice,4} [{disk.Specification.VirtualDevice >> 8,2:x}:{disk.Specification.VirtualDevice & 0xFF,2:x}]  OO: {0,8}   ")
        + Text($"RD: {disk.Counters.ReadRequests,8}   WR: {disk.Counters.WriteRequests,8}   ")
        + Text($"RSECT: {disk.Counters.ReadSectors,10}   WSECT: {disk.Counters.WriteSectors,10}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
