// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;

namespace Domovoi.Guests;

/// <summary>What becomes of domain and terminal when the <c>dom</c> in the foreground is killed, or the domain under it.</summary>
public sealed class CallerDeathTests : IDisposable
{
    private const string Prompt = "ready-to-die";
    private readonly GuestHost _host = new();

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    [InlineData("KILL", 137)]
    public async Task Try_Killed_EndsItsGuest(string signal, int code)
    {
        RunningGuest guest = _host.Try("--busybox", GuestHost.Debian.Busybox, "--kernel", TalkingKernel());
        await guest.SaysAsync(Prompt);
        guest.Signal(signal);
        Assert.Equal(code, await guest.EndsAsync());
        await UntilAsync(() => _host.DomainProcesses().Count == 0);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("KILL", 137)]
    public async Task CreateWithConsole_Killed_LetsTheGuestGoOn(string signal, int code)
    {
        RunningGuest guest = _host.Create(TalkingConfiguration());
        await guest.SaysAsync(Prompt);
        guest.Signal(signal);
        Assert.Equal(code, await guest.EndsAsync());
        Assert.Single(_host.DomainProcesses());
        Assert.Contains(signal == "KILL" ? "" : "dom destroy talk", guest.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("domovoi-vm")]
    [InlineData("create")]
    public async Task Kill9_OfEitherSide_RestoresTheTerminal(string victim)
    {
        RunningGuest screen = _host.OnTerminal($"stty -g; $DOM create -c {TalkingConfiguration()}; echo code $?; sleep 1; stty -g");
        await screen.SaysAsync(Prompt);
        Process.GetProcessById(ProcessOf(victim)).Kill();
        await screen.EndsAsync();
        string[] lines = screen.Console.Split('\n');
        string[] settings = [.. lines.Where(line => line.Contains(":bf:", StringComparison.Ordinal)).Select(line => line.Trim())];
        Assert.Contains(lines, line => line.StartsWith("code ", StringComparison.Ordinal));
        Assert.Equal(2, settings.Length);
        Assert.Equal(settings[0], settings[1]);
    }

    public void Dispose() => _host.Dispose();

    private string TalkingConfiguration() => _host.ConfigureTiny(Talking(), "talk");

    private string TalkingKernel()
    {
        string file = _host.InFolder("talk.elf");
        File.WriteAllBytes(file, Talking().ToElf());
        return file;
    }

    /// <summary>Writes to its console's ring, kicks the back end, and spins.</summary>
    private static TinyKernel Talking() => TinyKernel.Of(code =>
    {
        TinyKernel.Print(code, Prompt);
        TinyKernel.Spin(code);
    });

    private int ProcessOf(string name) => Directory.EnumerateDirectories("/proc")
        .Where(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .Where(path => CommandLine(path) is { } words && words.Contains(name, StringComparison.Ordinal)
            && words.Contains(_host.Folder, StringComparison.Ordinal) && !words.Contains("stty", StringComparison.Ordinal))
        .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
        .First();

    private static string? CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), "It did not happen within twenty seconds.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
