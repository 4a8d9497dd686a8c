// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Guests;

/// <summary>A registry of domains for one test, driven through the real <c>dom</c>; takes everything away at the end.</summary>
internal sealed class GuestHost : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);
    private static readonly Lazy<DebianGuest> s_debian = new(PrepareDebian);
    private static readonly Lazy<string> s_dom = new(BuildDom);
    private readonly List<RunningGuest> _guests = [];

    internal string Folder { get; } = Directory.CreateTempSubdirectory("domovoi-test-").FullName;

    internal string RunFolder => Path.Combine(Folder, "run");

    /// <summary>The folder of these sources.</summary>
    internal static string Repository { get; } = FindRepository();

    internal static DebianGuest Debian => s_debian.Value;

    /// <summary>Runs a verb to its end.</summary>
    internal DomResult Dom(params string[] arguments) => Dom(s_limit, arguments);

    internal DomResult Dom(TimeSpan limit, string[] arguments)
    {
        using Process process = Start(arguments);
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"dom {string.Join(' ', arguments)} did not end within {limit}.");
        }

        return new DomResult(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Creates a domain with its console attached.</summary>
    internal RunningGuest Create(string configuration, params string[] settings) =>
        Watch(Start(["create", configuration, .. settings, "-c"]));

    /// <summary>Boots and shows as <c>dom try</c> does.</summary>
    internal RunningGuest Try(params string[] arguments) => Watch(Start(["try", .. arguments]));

    /// <summary>Runs a shell command on a terminal of its own, whose typist and screen the test is; <c>$DOM</c> is dom.</summary>
    internal RunningGuest OnTerminal(string command) => Watch(StartProgram("script", ["-qefc", command, "/dev/null"]));

    /// <summary>Debian's kernel with a busybox that runs <paramref name="command"/> and powers off; a shell when there is none.</summary>
    internal string ConfigureDebian(string? command, int memory = 256, string name = "guest", string extra = "")
    {
        string ramdisk = Debian.Initramfs;
        if (command is not null)
        {
            ramdisk = InFolder($"{name}.ramdisk");
            using FileStream file = File.Create(ramdisk);
            InitramfsContents contents = new() { Command = command, Files = [.. Programs()] };
            InitramfsBuilder.Build(Debian.Busybox, contents, file);
        }

        return Configure(
            name,
            $"""
            kernel = "{Debian.Kernel}"
            ramdisk = "{ramdisk}"
            memory = {memory}
            extra = "console=hvc0 panic=-1 {extra}"
            """);
    }

    /// <summary>As <see cref="ConfigureDebian"/>, with disks and the drivers for them.</summary>
    internal string ConfigureDisks(string? command, string[] disks, string settings = "", string name = "guest")
    {
        DebianGuest debian = new(CacheDirectory.Debian(), step => TestContext.Current.SendDiagnosticMessage(step));
        debian.Prepare(needsModules: true);
        string ramdisk = InFolder($"{name}.ramdisk");
        using (FileStream file = File.Create(ramdisk))
        {
            InitramfsBuilder.Build(debian.Busybox, GuestModules.Contents(debian.Modules) with { Command = command }, file);
        }

        return Configure(
            name,
            $"""
            kernel = "{debian.Kernel}"
            ramdisk = "{ramdisk}"
            memory = 256
            extra = "console=hvc0 panic=-1 quiet"
            disk = [ {string.Join(", ", disks.Select(disk => $"'{disk}'"))} ]
            {settings}
            """);
    }

    /// <summary>A sparse image with nothing in it.</summary>
    internal string Image(string name, long mebibytes)
    {
        string path = InFolder(name);
        using FileStream file = File.Create(path);
        file.SetLength(mebibytes << 20);
        return path;
    }

    /// <summary>A kernel of a test's own, without a ramdisk.</summary>
    internal string ConfigureTiny(TinyKernel kernel, string name = "tiny")
    {
        string file = InFolder($"{name}.elf");
        File.WriteAllBytes(file, kernel.ToElf());
        return Configure(name, $"kernel = \"{file}\"\nmemory = 32\non_crash = \"destroy\"");
    }

    internal string Configure(string name, string settings)
    {
        string file = InFolder($"{name}.cfg");
        File.WriteAllText(file, $"name = \"{name}\"\ntype = \"pv\"\n{settings}\n");
        return file;
    }

    internal string InFolder(string name) => Path.Combine(Folder, name);

    /// <summary>Process ids of the domains that this host's registry has started and that still live.</summary>
    internal IReadOnlyList<int> DomainProcesses() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), out int process) ? process : 0)
            .Where(process => process != 0 && IsOurs(process)),
    ];

    internal void NothingIsLeft()
    {
        Assert.Empty(DomainProcesses());
        string domains = Path.Combine(RunFolder, "domains");
        Assert.True(!Directory.Exists(domains) || !Directory.EnumerateFileSystemEntries(domains).Any(), "a domain's folder is left");
    }

    public void Dispose()
    {
        foreach (int process in DomainProcesses())
        {
            Process.GetProcessById(process).Kill();
        }

        _guests.ForEach(guest => guest.Dispose());
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Programs of the tests' own, which every guest with a command has.</summary>
    private IEnumerable<(string Source, string Target)> Programs()
    {
        string clock = InFolder("clock");
        File.WriteAllBytes(clock, ClockProgram.ToElf());
        File.SetUnixFileMode(clock, (UnixFileMode)0x1ED);
        yield return (clock, "bin/clock");
    }

    private RunningGuest Watch(Process process)
    {
        RunningGuest guest = new(process);
        _guests.Add(guest);
        return guest;
    }

    private bool IsOurs(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Contains("domovoi-vm", StringComparison.Ordinal)
                && File.ReadAllText($"/proc/{process}/environ").Contains($"DOMOVOI_RUN_DIR={RunFolder}", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private Process Start(string[] arguments) => StartProgram(s_dom.Value, arguments);

    private Process StartProgram(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        start.Environment["DOMOVOI_RUN_DIR"] = RunFolder;
        start.Environment["DOM"] = s_dom.Value;
        return Process.Start(start)!;
    }

    private static DebianGuest PrepareDebian()
    {
        DebianGuest guest = new(CacheDirectory.Debian(), step => TestContext.Current.SendDiagnosticMessage(step));
        guest.Prepare();
        return guest;
    }

    /// <summary>The launcher builds what is not built; once, before a clock runs. <c>$DOM</c> names another dom to test.</summary>
    private static string BuildDom()
    {
        if (Environment.GetEnvironmentVariable("DOM") is { Length: > 0 } chosen)
        {
            return Path.GetFullPath(chosen);
        }

        string dom = Path.Combine(Repository, "dom");
        using Process process = Process.Start(new ProcessStartInfo(dom, ["--version"]) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return dom;
    }

    private static string FindRepository()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Domovoi.slnx")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}
