// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Bench;

/// <summary>Has each machine run each part in its turn, and keeps what it shows.</summary>
internal sealed class Turns(Options options, Machine machines, Results results)
{
    internal async Task RunAsync()
    {
        if (!options.Resume && options.Works.Length == 0 && options.Runs > 0)
        {
            options.Parts.ToList().ForEach(part => results.Forget(part.Name, options.Machines));
        }

        foreach (Piece key in Plan())
        {
            Piece piece = results.Find(key) ?? key;
            if (options.Resume && piece.At != default && piece.Error is null)
            {
                continue;
            }

            piece.At = DateTimeOffset.UtcNow;
            piece.Busy = await HostState.BusyShareAsync();
            piece.Error = null;
            piece.Failures.Clear();
            await MeasureAsync(piece);
            results.Keep(piece);
        }
    }

    private IEnumerable<Piece> Plan() =>
        from run in Enumerable.Range(1, options.Runs)
        from part in options.Parts
        from vcpus in part.Vcpus
        from machine in part.Machines
        where options.Machines.Contains(machine)
        select new Piece(part.Name, machine, vcpus, run);

    private async Task MeasureAsync(Piece piece)
    {
        Part part = Part.All.First(part => part.Name == piece.Part);
        string label = $"{piece.Part}, {piece.Machine}, {piece.Vcpus} vCPU, run {piece.Run}";
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{label} (others use {piece.Busy:0 %} of the host)"));
        try
        {
            using Session session = new(machines, piece.Machine, new Order(part, piece.Vcpus, options.Works));
            await (part.Name == "boot" ? MeasureBootAsync(session, piece) : MeasureWorksAsync(session, piece));
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or System.ComponentModel.Win32Exception)
        {
            piece.Error = e.Message;
            Console.Error.WriteLine($"  {e.Message}");
        }
    }

    private async Task MeasureBootAsync(Session session, Piece piece)
    {
        TimeSpan first = await session.WaitForAsync("BENCH-FIRST-PROCESS");
        await Task.Delay(TimeSpan.FromSeconds(2));
        int process = piece.Machine == Machine.Ours ? ProcessSize.OfDomain(machines.Dom, machines.DomainName) : session.ProcessId;
        piece.Values["boot"] = first.TotalSeconds;
        piece.Values["size"] = ProcessSize.MebibytesOf(process);
        await session.WaitForAsync("BENCH-DONE");
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {piece.Values["boot"]:0.000} s, {piece.Values["size"]:0} MiB"));
    }

    private static async Task MeasureWorksAsync(Session session, Piece piece)
    {
        List<double> clock = [];
        if (piece.Part == "works")
        {
            TimeSpan begin = await session.WaitForAsync("CLOCK begin", Take), end = await session.WaitForAsync("CLOCK end", Take);
            piece.Values["clock"] = (clock[1] - clock[0]) / (end - begin).TotalSeconds;
        }

        await session.WaitForAsync("BENCH-DONE", Take);

        void Take(string line)
        {
            if (line.StartsWith("CLOCK ", StringComparison.Ordinal))
            {
                clock.Add(double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture));
            }

            ConsoleLine.Read(line, piece);
            Console.Error.WriteLine($"  {line}");
        }
    }
}
