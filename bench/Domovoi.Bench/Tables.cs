// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Domovoi.Bench;

/// <summary>The results as Markdown tables.</summary>
internal sealed class Tables(Results results)
{
    internal string All() => string.Join('\n', from part in Part.All where results.Runs(part.Name) > 0 select Of(part.Name));

    internal string Of(string part) => part switch
    {
        "boot" or "works" => Works(part),
        "parallel" => Parallel(),
        "code" => Code(),
        "memory" => Memory(),
        "exits" => Exits(),
        _ => throw new ArgumentOutOfRangeException(nameof(part)),
    } + Troubles(part);

    /// <summary>Ratios beside what is to be reached, and how far the runs of Domovoi lay apart.</summary>
    private string Works(string part)
    {
        StringBuilder text = Head("work", "", "unit", "QEMU", "Domovoi", "native", "of QEMU", "to reach", "of native", "to reach", "", "spread");
        foreach (Row row in Row.All.Where(row => row.Part == part))
        {
            double? ours = Value(part, Machine.Ours, row.Name), native = Value(part, Machine.Native, row.Name);
            double? theirs = Value(part, row.Against, row.Name);
            double? ofQemu = ours / theirs, ofNative = ours / native;
            bool missed = (ofQemu is { } a && !row.Reaches(a, row.OfQemu)) || (ofNative is { } b && !row.Reaches(b, row.OfNative));
            bool complete = ours is not null && theirs is not null && (native is not null || row.OfNative is null);
            Line(
                text, row.Group, row.Work, row.Unit, Number(theirs), Number(ours), Number(native), Ratio(ofQemu), row.Wish(row.OfQemu),
                Ratio(ofNative), row.Wish(row.OfNative), !complete ? "not measured" : missed ? "missed" : "reached",
                Share(results.Spread(part, Machine.Ours, row.Name)));
        }

        return text.ToString();
    }

    private string Parallel()
    {
        StringBuilder text = Head("work", "vCPUs", "QEMU", "Domovoi", "native", "of QEMU", "of native", "QEMU, of one vCPU", "Domovoi, of one vCPU", "native, of one process");
        foreach ((string name, string work) in (ReadOnlySpan<(string, string)>)[("parallel-sha256-c", "SHA-256 in C, MB/s"), ("parallel-fork", "fork and wait, forks/s")])
        {
            foreach (int vcpus in Part.All.First(part => part.Name == "parallel").Vcpus)
            {
                double? Of(string machine) => Value("parallel", machine, name, vcpus);
                string Gain(string machine) => Ratio(Of(machine) / Value("parallel", machine, name));
                Line(
                    text, work, $"{vcpus}", Number(Of(Machine.Qemu)), Number(Of(Machine.Ours)), Number(Of(Machine.Native)),
                    Ratio(Of(Machine.Ours) / Of(Machine.Qemu)), Ratio(Of(Machine.Ours) / Of(Machine.Native)),
                    Gain(Machine.Qemu), Gain(Machine.Ours), Gain(Machine.Native));
            }
        }

        return text.ToString();
    }

    private string Code()
    {
        StringBuilder text = Head(
            "executable, MB", "QEMU, first time, s", "Domovoi, first time, s", "native, s", "QEMU over Domovoi", "Domovoi, MB/s",
            "QEMU, again, s", "Domovoi, again, s", "native, again, s");
        foreach (string size in Labels("code", "code-first-"))
        {
            string first = $"code-first-{size}", again = $"code-again-{size}";
            double? ours = Value("code", Machine.Ours, first), theirs = Value("code", Machine.Qemu, first);
            Line(
                text, size, Number(theirs), Number(ours), Number(Value("code", Machine.Native, first)), Ratio(theirs / ours),
                Number(double.Parse(size, CultureInfo.InvariantCulture) / ours), Number(Value("code", Machine.Qemu, again)),
                Number(Value("code", Machine.Ours, again)), Number(Value("code", Machine.Native, again)));
        }

        return text.ToString();
    }

    private string Memory()
    {
        StringBuilder text = Head("working set, MiB", "QEMU, ns a load", "Domovoi, ns a load", "native, ns a load", "of QEMU's speed", "of native speed");
        foreach (string size in Labels("memory", "pages-"))
        {
            double? Of(string machine) => Value("memory", machine, $"pages-{size}");
            Line(
                text, size, Number(Of(Machine.Qemu)), Number(Of(Machine.Ours)), Number(Of(Machine.Native)),
                Ratio(Of(Machine.Qemu) / Of(Machine.Ours)), Ratio(Of(Machine.Native) / Of(Machine.Ours)));
        }

        return text.ToString();
    }

    /// <summary>The share of work that is left, and what one exit costs by that.</summary>
    private string Exits()
    {
        (string Machine, string Way, string Title)[] series = [.. ExitSeries];
        StringBuilder text = Head(["exits per second of work", .. series.Select(one => one.Title)]);
        foreach (string rate in Labels("exits", "exits-syscall-"))
        {
            double exits = double.Parse(rate, CultureInfo.InvariantCulture);
            Line(
                text,
                [
                    exits.ToString("N0", CultureInfo.InvariantCulture),
                    .. from one in series
                       let left = Value("exits", one.Machine, $"exits-{one.Way}-{rate}")
                       select Left(left, exits),
                ]);
        }

        return text.ToString();
    }

    private static string Left(double? share, double exits) => share switch
    {
        null => "",
        >= 0.98 => share.Value.ToString("0 %", CultureInfo.InvariantCulture),        // too near to 1 to tell what one costs
        _ => string.Create(CultureInfo.InvariantCulture, $"{share:0 %}, {((1 / share) - 1) / exits * 1e6:0.00} µs"),
    };

    internal static IReadOnlyList<(string Machine, string Way, string Title)> ExitSeries { get; } =
    [
        (Machine.Ours, "hypercall", "Domovoi, hypercall"),
        (Machine.Qemu, "port", "QEMU, port write"),
        (Machine.Ours, "syscall", "Domovoi, system call"),
        (Machine.Qemu, "syscall", "QEMU, system call"),
        (Machine.Native, "syscall", "native, system call"),
    ];

    /// <summary>The numbers behind <paramref name="prefix"/> in the names of what was measured, smallest first.</summary>
    internal IReadOnlyList<string> Labels(string part, string prefix) =>
    [
        .. results.Of(part).SelectMany(piece => piece.Values.Keys)
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => name[prefix.Length..])
            .Distinct()
            .OrderBy(label => double.Parse(label, CultureInfo.InvariantCulture)),
    ];

    internal double? Value(string part, string machine, string name, int vcpus = 1) => results.Median(part, machine, name, vcpus);

    private string Troubles(string part)
    {
        List<string> lines =
        [
            .. from piece in results.Of(part)
               from trouble in piece.Failures.Concat(piece.Error is null ? [] : [piece.Error.Split('\n')[0]])
               select $"- {piece.Machine}, {piece.Vcpus} vCPU, run {piece.Run}: {trouble}",
        ];
        return lines.Count == 0 ? "" : $"\nFailed:\n\n{string.Join('\n', lines)}\n";
    }

    private static StringBuilder Head(params string[] titles)
    {
        StringBuilder text = new();
        Line(text, titles);
        Line(text, [.. titles.Select(_ => "---")]);
        return text;
    }

    private static void Line(StringBuilder text, params string[] cells) => text.AppendLine($"| {string.Join(" | ", cells)} |");

    private static string Ratio(double? ratio) => ratio?.ToString(ratio < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture) ?? "";

    private static string Share(double? share) => share?.ToString("0 %", CultureInfo.InvariantCulture) ?? "";

    private static string Number(double? value) => value switch
    {
        null => "",
        >= 1e6 => (value.Value / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + " M",
        >= 1e4 => (value.Value / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + " k",
        >= 100 => value.Value.ToString("0", CultureInfo.InvariantCulture),
        >= 1 => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.0000", CultureInfo.InvariantCulture),
    };
}
