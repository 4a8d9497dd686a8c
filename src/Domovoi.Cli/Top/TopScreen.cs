// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using Domovoi.Cli.Consoles;
using Domovoi.Cli.Verbs;
using Domovoi.Linux;
using Domovoi.Toolstack.Configuration;

namespace Domovoi.Cli.Top;

/// <summary>Fills the terminal with the latest sample, and takes xentop's keys, until somebody leaves.</summary>
/// <remarks>The calling thread draws; a second one reads keys. The terminal is put back however this ends, but for a kill -9 its screen.</remarks>
internal sealed class TopScreen(Session session, TopView view)
{
    private const string EnterScreen = "\e[?1049h\e[?25l";
    private const string LeaveScreen = "\e[?25h\e[?1049l";
    private const string Redraw = "\e[H";
    private const string EndOfLine = "\e[K\r\n";
    private const string EndOfScreen = "\e[K\e[J";
    private const string Reverse = "\e[7m";
    private const string Plain = "\e[0m";
    private const string Interrupt = "\x03";
    private const string Escape = "\e";
    private const string Up = "\e[A";
    private const string Down = "\e[B";

    private readonly BlockingCollection<string> _keys = [];
    private string? _prompt;                                // digits typed so far behind "Delay(sec)"

    /// <param name="delay">Between two samples.</param>
    /// <param name="iterations">How many; 0 for no end.</param>
    internal void Run(TimeSpan delay, int iterations)
    {
        using RawTerminal? terminal = RawTerminal.TryEnter();
        PosixSignal[] endings = [PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT];
        PosixSignalRegistration[] registrations = [.. endings.Select(signal => PosixSignalRegistration.Create(signal, OnSignal))];
        session.Out.Write(EnterScreen);
        try
        {
            new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
            TopSample? before = null;
            TopSample now = TopSample.Take(session);
            for (int drawn = 1; ; drawn++)
            {
                Draw(now, before);
                if (drawn == iterations || !Attend(now, before, ref delay))
                {
                    return;
                }

                (before, now) = (now, TopSample.Take(session));
            }
        }
        finally
        {
            session.Out.Write(LeaveScreen);
            Array.ForEach(registrations, registration => registration.Dispose());
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        _keys.Add(Interrupt);
    }

    private void ReadKeys()
    {
        using DescriptorStream input = new(0);
        byte[] buffer = new byte[64];
        while (input.Read(buffer) is > 0 and int length)
        {
            string typed = System.Text.Encoding.Latin1.GetString(buffer, 0, length);
            foreach (string key in typed[0] == '\e' ? [typed] : typed.Select(static c => c.ToString()))
            {
                _keys.Add(key);
            }
        }

        _keys.Add(Interrupt);
    }

    /// <summary>Takes keys until it is time for another sample; false when somebody leaves.</summary>
    private bool Attend(TopSample now, TopSample? before, ref TimeSpan delay)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpan rest = delay - System.Diagnostics.Stopwatch.GetElapsedTime(start);
            if (rest <= TimeSpan.Zero || !_keys.TryTake(out string? key, rest))
            {
                return true;
            }

            if (_prompt is not null)
            {
                Type(key, ref delay);
            }
            else if (!Handle(key))
            {
                return false;
            }

            Draw(now, before);
        }
    }

    private bool Handle(string key)
    {
        switch (key.ToUpperInvariant())
        {
            case "Q" or Interrupt or Escape:
                return false;
            case "N":
                view.Networks = !view.Networks;
                break;
            case "B":
                view.Disks = !view.Disks;
                break;
            case "V":
                view.Vcpus = !view.Vcpus;
                break;
            case "E":
                view.Exits = !view.Exits;
                break;
            case "R":
                view.RepeatsHeading = !view.RepeatsHeading;
                break;
            case "S":
                view.SortedBy = (view.SortedBy + 1) % TopColumn.All.Count;
                break;
            case "D":
                _prompt = "";
                break;
            case Up:
                view.Skipped--;
                break;
            case Down:
                view.Skipped++;
                break;
        }

        return true;
    }

    private void Type(string key, ref TimeSpan delay)
    {
        switch (key)
        {
            case "\r":
                delay = int.TryParse(_prompt, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds > 0
                    ? TimeSpan.FromSeconds(Math.Min(seconds, TopVerb.LongestDelay))
                    : delay;
                _prompt = null;
                break;
            case Escape or Interrupt:
                _prompt = null;
                break;
            case "\x7F":
                _prompt = _prompt is [.. var rest, _] ? rest : "";
                break;
            case [>= '0' and <= '9'] when _prompt is { Length: < 9 }:
                _prompt += key;
                break;
        }
    }

    private void Draw(TopSample now, TopSample? before)
    {
        (int columns, int rows) = Terminal.WindowSize(1) ?? (80, 24);
        IEnumerable<string> lines = [.. Summary(now), .. view.Lines(now, before, Reverse)];
        string bottom = _prompt is null ? "  Delay  Networks  vBds  VCPUs  Exits  Repeat header  Sort order  Quit" : $"  Delay(sec): {_prompt}";
        string[] shown = [.. lines.Take(rows - 1)];
        string filler = string.Concat(Enumerable.Repeat(EndOfLine, Math.Max(0, rows - 1 - shown.Length)));
        session.Out.Write(Redraw + string.Concat(shown.Select(line => Fit(line, columns) + EndOfLine)) + filler + Fit(bottom, columns) + EndOfScreen);
    }

    private static string Fit(string line, int columns)
    {
        bool isHeading = line.StartsWith(Reverse, StringComparison.Ordinal);
        string text = isHeading ? line[Reverse.Length..] : line;
        text = text.Length > columns ? text[..columns] : text;
        return isHeading ? Reverse + text + Plain : text;
    }

    private static IEnumerable<string> Summary(TopSample now)
    {
        int In(char letter) => now.Rows.Count(row => row.Domain.State.Contains(letter));
        yield return string.Create(
            CultureInfo.InvariantCulture, $"dom top - {TimeProvider.System.GetLocalNow():HH:mm:ss}   Domovoi {VersionVerb.Number}");
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{now.Rows.Count} domains: {In('r')} running, {In('b')} blocked, {In('p')} paused, {In('c')} crashed, {In('d')} dying, {In('s')} shutdown");
        yield return string.Create(CultureInfo.InvariantCulture, $"Mem: {HostMemory.TotalMiB() * 1024}k total    CPUs: {Environment.ProcessorCount}");
    }
}
