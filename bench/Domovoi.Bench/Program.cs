// SPDX-License-Identifier: MIT
//
// Runs the same programs in QEMU, in Domovoi and on the host, in turns, and says how they compare. See bench/run.
using Domovoi.Bench;

string repository = args[0], folder = Path.Combine(repository, "out/bench");
string dom = Environment.GetEnvironmentVariable("DOM") ?? Path.Combine(repository, "dom");
try
{
    Options options = Options.Parse(args.AsSpan(1));
    Machine machines = new(GuestFiles.Prepare(repository, folder), dom, folder);
    Results results = new(Path.Combine(folder, "results.json"));
    if (options.Runs > 0 && options.Machines.Contains(Machine.Ours))
    {
        Command.Run(dom, "--version");          // the launcher builds what is not built
    }

    await new Turns(options, machines, results).RunAsync();

    Tables tables = new(results);
    File.WriteAllText(Path.Combine(folder, "result.md"), tables.All());
    Console.Write(tables.All());
    if (options.Document is { } document)
    {
        new Page(results, tables).Write(document);
    }

    return 0;
}
catch (Exception e) when (e is FormatException or InvalidOperationException or IOException or OperationCanceledException or System.ComponentModel.Win32Exception)
{
    Console.Error.WriteLine($"bench/run: {e.Message}");
    return 1;
}
