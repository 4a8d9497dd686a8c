// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Runtime.InteropServices;
using Domovoi.Cli.Top;
using Domovoi.Contracts;
using Domovoi.Linux;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xentop</c>, with what the engine counts behind its columns.</summary>
internal static class TopVerb
{
    /// <summary>Seconds: a day.</summary>
    internal const int LongestDelay = 86400;

    private static readonly Option<int> Delay = new("--delay", "-d") { Description = "Seconds between updates.", HelpName = "seconds", DefaultValueFactory = static _ => 3 };
    private static readonly Option<bool> Batch = new("--batch", "-b") { Description = "Write to standard output, one sample after another." };
    private static readonly Option<int> Iterations = new("--iterations", "-i") { Description = "End after so many samples.", HelpName = "count" };
    private static readonly Option<bool> Networks = new("--networks", "-n") { Description = "Show each vif." };
    private static readonly Option<bool> Disks = new("--vbds", "-x") { Description = "Show each disk." };
    private static readonly Option<bool> Vcpus = new("--vcpus", "-v") { Description = "Show each vCPU's time." };
    private static readonly Option<bool> Exits = new("--exits", "-e") { Description = "Show why vCPUs left the engine." };
    private static readonly Option<bool> Repeat = new("--repeat-header", "-r") { Description = "Repeat the heading before each domain." };
    private static readonly Option<bool> FullNames = new("--full-name", "-f") { Description = "Do not cut names." };
    private static readonly Option<bool> HostFirst = new("--dom0-first", "-z") { Description = "Keep Domain-0 first, however rows are sorted." };

    internal static Command Build(Session session)
    {
        Verb verb = new("top", "Show what domains do, again and again, as xentop does.", "dom top", "dom top -b -i 2 -d 5 --exits")
        {
            Delay, Batch, Iterations, Networks, Disks, Vcpus, Exits, Repeat, FullNames, HostFirst,
        };
        verb.SetAction(parsed => Run(session, parsed));
        return verb;
    }

    private static int Run(Session session, ParseResult parsed)
    {
        int delay = parsed.GetValue(Delay);
        int iterations = parsed.GetValue(Iterations);
        if (delay is < 1 or > LongestDelay || iterations < 0)
        {
            throw new ProblemException("usage", $"--delay is 1 to {LongestDelay} seconds, --iterations at least 1");
        }

        TopView view = new()
        {
            Networks = parsed.GetValue(Networks),
            Disks = parsed.GetValue(Disks),
            Vcpus = parsed.GetValue(Vcpus),
            Exits = parsed.GetValue(Exits),
            RepeatsHeading = parsed.GetValue(Repeat),
            FullNames = parsed.GetValue(FullNames),
            HostFirst = parsed.GetValue(HostFirst),
        };
        if (!parsed.GetValue(Batch) && Terminal.IsTerminal(0) && Terminal.IsTerminal(1))
        {
            new TopScreen(session, view).Run(TimeSpan.FromSeconds(delay), iterations);
        }
        else
        {
            WriteBatch(session, view, TimeSpan.FromSeconds(delay), iterations);
        }

        return ExitCode.Success;
    }

    private static void WriteBatch(Session session, TopView view, TimeSpan delay, int iterations)
    {
        using ManualResetEventSlim left = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);
        TopSample? before = null;
        for (int written = 1; ; written++)
        {
            TopSample now = TopSample.Take(session);
            foreach (string line in view.Lines(now, before))
            {
                session.Out.WriteLine(line);
            }

            before = now;
            if (written == iterations || left.Wait(delay))
            {
                return;
            }
        }

        void Leave(PosixSignalContext context)
        {
            context.Cancel = true;
            left.Set();
        }
    }
}
