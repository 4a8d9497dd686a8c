// SPDX-License-Identifier: MIT
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Domovoi.Bench;

/// <summary>The results as pictures: SVG, one per part.</summary>
internal sealed class Plots(Results results, Tables tables)
{
    private const int Width = 800;

    private static readonly Dictionary<string, (string Title, OxyColor Color)> s_machines = new()
    {
        [Machine.Qemu] = ("QEMU", OxyColor.FromRgb(0xC4, 0x5A, 0x1B)),
        [Machine.Ours] = ("Domovoi", OxyColor.FromRgb(0x1B, 0x6C, 0xA8)),
        [Machine.Native] = ("native", OxyColor.FromRgb(0x60, 0x60, 0x60)),
    };

    /// <summary>Writes <c>PART.svg</c> for each part that has been measured, and returns those parts.</summary>
    internal IReadOnlyList<string> Write(string folder)
    {
        Directory.CreateDirectory(folder);
        List<string> written = [];
        foreach ((string part, Func<PlotModel> draw, int height) in (ReadOnlySpan<(string, Func<PlotModel>, int)>)
            [("works", Works, 700), ("parallel", Parallel, 420), ("code", Code, 420), ("memory", Memory, 420), ("exits", Exits, 420)])
        {
            if (results.Runs(part) > 0)
            {
                using FileStream file = File.Create(Path.Combine(folder, part + ".svg"));
                new SvgExporter { Width = Width, Height = height, UseVerticalTextAlignmentWorkaround = true }.Export(draw(), file);
                written.Add(part);
            }
        }

        return written;
    }

    /// <summary>A line per work, from QEMU's speed to Domovoi's, both as shares of the host's own.</summary>
    private PlotModel Works()
    {
        Row[] rows = [.. Row.All.Where(row => row.Part == "works" && tables.Value("works", Machine.Native, row.Name) is not null).Reverse()];
        PlotModel model = Model("Speed as a share of the host's own");
        model.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Bottom, MajorGridlineStyle = LineStyle.Dot, Minimum = 0.005, Maximum = 5 });
        CategoryAxis names = new() { Position = AxisPosition.Left, GapWidth = 0.2, TickStyle = TickStyle.None };
        names.Labels.AddRange(rows.Select(row => row.Group is "pointer chase" or "OpenSSL" ? $"{row.Group}, {row.Work}" : row.Work));
        model.Axes.Add(names);
        for (int i = 0; i < rows.Length; i++)
        {
            LineSeries way = new() { Color = OxyColors.LightGray, StrokeThickness = 3 };
            way.Points.AddRange(Shares(rows[i]).Select(share => new DataPoint(share.Share, i)));
            model.Series.Add(way);
        }

        foreach (string machine in (string[])[Machine.Qemu, Machine.Ours])
        {
            ScatterSeries dots = new() { Title = s_machines[machine].Title, MarkerType = MarkerType.Circle, MarkerSize = 5, MarkerFill = s_machines[machine].Color };
            dots.Points.AddRange(
                from i in Enumerable.Range(0, rows.Length)
                from share in Shares(rows[i])
                where share.Machine == machine
                select new ScatterPoint(share.Share, i));
            model.Series.Add(dots);
        }

        return model;
    }

    private IEnumerable<(string Machine, double Share)> Shares(Row row) =>
        from machine in (string[])[Machine.Qemu, Machine.Ours]
        let share = tables.Value("works", machine, row.Name) / tables.Value("works", Machine.Native, row.Name)
        where share is not null
        select (machine, share.Value);

    private PlotModel Parallel()
    {
        PlotModel model = Model("Throughput, as a multiple of the same machine's with one vCPU");
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "vCPUs (native: processes)", Minimum = 0.8, Maximum = 4.2, MajorStep = 1 });
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Minimum = 0, MajorGridlineStyle = LineStyle.Dot });
        foreach ((string name, string work, LineStyle style) in (ReadOnlySpan<(string, string, LineStyle)>)
            [("parallel-sha256-c", "integer work", LineStyle.Solid), ("parallel-fork", "fork and wait", LineStyle.Dash)])
        {
            foreach (string machine in s_machines.Keys)
            {
                AddLine(
                    model, machine, $", {work}", style,
                    from vcpus in Part.All.First(part => part.Name == "parallel").Vcpus
                    select ((double)vcpus, tables.Value("parallel", machine, name, vcpus) / tables.Value("parallel", machine, name)));
            }
        }

        return model;
    }

    private PlotModel Code()
    {
        PlotModel model = LogLog("Time to run code once, by its size", "executable, MB", "s");
        foreach ((string prefix, string title, LineStyle style) in (ReadOnlySpan<(string, string, LineStyle)>)
            [("code-first-", ", first time", LineStyle.Solid), ("code-again-", ", again", LineStyle.Dash)])
        {
            AddCurves(model, "code", prefix, title, style);
        }

        return model;
    }

    private PlotModel Memory()
    {
        PlotModel model = LogLog("A load from another page each time, by the working set", "working set, MiB", "ns a load");
        AddCurves(model, "memory", "pages-", "", LineStyle.Solid);
        return model;
    }

    private PlotModel Exits()
    {
        PlotModel model = Model("Share of work left, by how often it leaves the processor");
        model.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Bottom, Title = "exits per second of work", MajorGridlineStyle = LineStyle.Dot });
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Minimum = 0, Maximum = 1.05, StringFormat = "0 %", MajorGridlineStyle = LineStyle.Dot });
        foreach ((string machine, string way, _) in Tables.ExitSeries)
        {
            (string title, LineStyle style) = way switch
            {
                "syscall" => (", system call", LineStyle.Dash),
                "port" => (", port write", LineStyle.Solid),
                _ => (", hypercall", LineStyle.Solid),
            };
            AddLine(
                model, machine, title, style,
                from rate in tables.Labels("exits", $"exits-{way}-")
                select (double.Parse(rate, System.Globalization.CultureInfo.InvariantCulture), tables.Value("exits", machine, $"exits-{way}-{rate}")));
        }

        return model;
    }

    private void AddCurves(PlotModel model, string part, string prefix, string title, LineStyle style)
    {
        foreach (string machine in s_machines.Keys)
        {
            AddLine(
                model, machine, title, style,
                from size in tables.Labels(part, prefix)
                select (double.Parse(size, System.Globalization.CultureInfo.InvariantCulture), tables.Value(part, machine, prefix + size)));
        }
    }

    private static void AddLine(PlotModel model, string machine, string title, LineStyle style, IEnumerable<(double X, double? Y)> points)
    {
        LineSeries line = new()
        {
            Title = s_machines[machine].Title + title,
            Color = s_machines[machine].Color,
            LineStyle = style,
            StrokeThickness = 2,
            MarkerType = MarkerType.Circle,
            MarkerSize = 3,
            MarkerFill = s_machines[machine].Color,
        };
        line.Points.AddRange(from point in points let y = point.Y where y is not null select new DataPoint(point.X, y.Value));
        if (line.Points.Count > 0)
        {
            model.Series.Add(line);
        }
    }

    private static PlotModel LogLog(string title, string x, string y)
    {
        PlotModel model = Model(title);
        model.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Bottom, Title = x, MajorGridlineStyle = LineStyle.Dot });
        model.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Left, Title = y, MajorGridlineStyle = LineStyle.Dot });
        return model;
    }

    private static PlotModel Model(string title)
    {
        PlotModel model = new() { Title = title, TitleFontSize = 14, Background = OxyColors.White, DefaultFont = "Arial", Padding = new OxyThickness(10, 10, 25, 10) };
        model.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.BottomCenter, LegendOrientation = LegendOrientation.Horizontal });
        return model;
    }
}
