// SPDX-License-Identifier: MIT
namespace Domovoi.Guests;

/// <summary>The configurations of <c>examples/</c>, as they stand.</summary>
public sealed class ExampleTests : IDisposable
{
    private readonly GuestHost _host = new();

    public static TheoryData<string> Examples =>
        [.. Directory.EnumerateFiles(Path.Combine(GuestHost.Repository, "examples"), "*.cfg").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_IsAcceptedWithoutAWord(string name)
    {
        DomResult result = _host.Dom(["create", "-n", PathOf(name), .. Places]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains($"name = \"{Path.GetFileNameWithoutExtension(name)}\"", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Busybox_BootsToItsShell()
    {
        RunningGuest guest = _host.Create(PathOf("busybox.cfg"), Places);
        await guest.SaysAsync("root@domovoi:/root# ");
        await guest.TypeAsync("poweroff");
        Assert.Equal(0, await guest.EndsAsync());
    }

    public void Dispose() => _host.Dispose();

    private static string PathOf(string name) => Path.Combine(GuestHost.Repository, "examples", name);

    /// <summary>The same files, wherever this machine's cache is.</summary>
    private static string[] Places => [$"kernel=\"{GuestHost.Debian.Kernel}\"", $"ramdisk=\"{GuestHost.Debian.Initramfs}\""];
}
