// SPDX-License-Identifier: MIT
//
// Runs the same kernel and initramfs in QEMU and in Domovoi, in turns, and prints ratios. See bench/run.
using System.Globalization;
using Domovoi.Bench;

string repository = args[0];
string folder = Path.Combine(repository, "out/bench");
string[] options = args[1..];
int runs = Array.IndexOf(options, "--runs") is >= 0 and var at ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : 5;
bool boots = !options.Contains("--micro-only"), speeds = !options.Contains("--boot-only");

GuestFiles files = GuestFiles.Prepare(repository, folder);
Machine pc = Machine.QemuPc(files), microvm = Machine.QemuMicrovm(files);
string dom = Environment.GetEnvironmentVariable("DOM") ?? Path.Combine(repository, "dom");
Machine ours = Machine.Domovoi(files, dom, folder);
List<Machine> all = options.Contains("--qemu-only") ? [pc, microvm] : options.Contains("--domovoi-only") ? [ours] : [pc, microvm, ours];
List<double> guestClocks = [];
Dictionary<string, Measurement> measured = all.ToDictionary(machine => machine.Name, _ => new Measurement());

if (all.Contains(ours))
{
    Command.Run(dom, "--version");          // the launcher builds what is not built
}

for (int run = 1; run <= runs; run++)
{
    foreach (Machine machine in all)
    {
        try
        {
            if (boots)
            {
                await MeasureBootAsync(machine);
            }

            if (speeds && machine != microvm)
            {
                await MeasureSpeedAsync(machine);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException or IOException)
        {
            Console.Error.WriteLine($"run {run}, {machine.Name}: {e.Message}");
        }
    }
}

Report report = new(measured, runs);
report.WriteJson(Path.Combine(folder, "result.json"));
File.WriteAllText(Path.Combine(folder, "result.md"), report.ToText());
Console.Write(report.ToText());
return 0;

async Task MeasureBootAsync(Machine machine)
{
    using Session session = new(machine, files.BootRamdisk);
    TimeSpan first = await session.WaitForAsync("BENCH-FIRST-PROCESS");
    await Task.Delay(TimeSpan.FromSeconds(2));
    double size = ProcessSize.MebibytesOf(machine.Name, session.ProcessId);
    await session.WaitForAsync("BENCH-DONE");
    measured[machine.Name].Add("boot", first.TotalSeconds);
    measured[machine.Name].Add("size", size);
    Console.Error.WriteLine(FormattableString.Invariant($"{machine.Name}: first process after {first.TotalSeconds:0.000} s, {size:0} MiB"));
}

async Task MeasureSpeedAsync(Machine machine)
{
    using Session session = new(machine, files.MicroRamdisk);
    Measurement into = measured[machine.Name];
    TimeSpan begin = await session.WaitForAsync("CLOCK begin", Take), end = await session.WaitForAsync("CLOCK end", Take);
    into.Add("clock-ratio", (guestClocks[^1] - guestClocks[^2]) / (end - begin).TotalSeconds);
    await session.WaitForAsync("BENCH-DONE");

    void Take(string line)
    {
        into.AddFromConsole(line);
        if (line.StartsWith("CLOCK ", StringComparison.Ordinal))
        {
            guestClocks.Add(double.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture));
        }

        if (line.StartsWith("RESULT", StringComparison.Ordinal) || line.StartsWith("FAILED", StringComparison.Ordinal) || line.StartsWith("+F", StringComparison.Ordinal))
        {
            Console.Error.WriteLine($"{machine.Name}: {line}");
        }
    }
}
