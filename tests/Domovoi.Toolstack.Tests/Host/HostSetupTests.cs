// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Host;

/// <summary>On the files of a machine that does not run; what runs is changed by the same steps.</summary>
public sealed class HostSetupTests
{
    private const string Grub = "GRUB_DEFAULT=0\n#GRUB_DISABLE_OS_PROBER=false\nGRUB_TIMEOUT=5\n";

    [Theory]
    [InlineData("etc/network/interfaces.d", "etc/network/interfaces.d/xenbr0", "iface xenbr0 inet manual")]
    [InlineData("etc/systemd/network", "etc/systemd/network/60-xenbr0.netdev", "Kind=bridge")]
    public void Setup_WritesWhatTheMachineUses(string folder, string file, string text)
    {
        using TemporaryDirectory root = Machine(folder);
        Run(root).Apply();
        Assert.Contains(text, File.ReadAllText(Path.Combine(root.Path, file)), StringComparison.Ordinal);
        Assert.Contains("net.ipv4.ip_forward = 1", File.ReadAllText(Path.Combine(root.Path, "etc/sysctl.d/60-domovoi.conf")), StringComparison.Ordinal);
        Assert.Equal("GRUB_DEFAULT=0\nGRUB_DISABLE_OS_PROBER=true\nGRUB_TIMEOUT=5\n", File.ReadAllText(Path.Combine(root.Path, "etc/default/grub")));
    }

    [Fact]
    public void Setup_Twice_ChangesNothingMore()
    {
        using TemporaryDirectory root = Machine("etc/network/interfaces.d");
        Assert.Equal(3, Run(root).Apply());
        Assert.Equal(0, Run(root).Apply());
    }

    [Fact]
    public void DryRun_TellsAndChangesNothing()
    {
        using TemporaryDirectory root = Machine("etc/network/interfaces.d");
        List<string> said = [];
        new HostSetup(new HostSettings(Root: root.Path), isDryRun: true, said.Add).Apply();
        Assert.Equal(3, said.Count(line => line.StartsWith("would write ", StringComparison.Ordinal)));
        Assert.Equal(["etc/default/grub"], FilesOf(root));
    }

    [Fact]
    public void Undo_AfterSeveralSetups_PutsEveryFileBack()
    {
        using TemporaryDirectory root = Machine("etc/network/interfaces.d");
        Run(root).Apply();
        Run(root, port: "eth1").Apply();
        Run(root).Undo();
        Assert.Equal(["etc/default/grub"], FilesOf(root));
        Assert.Equal(Grub, File.ReadAllText(Path.Combine(root.Path, "etc/default/grub")));
    }

    [Fact]
    public void Undo_PutsBytesOfAnyEncodingBack()
    {
        using TemporaryDirectory root = Machine("etc/network/interfaces.d");
        byte[] before = [.. "# caf\u00e9\n"u8, 0xE9, 0xFF, .. "\nGRUB_DISABLE_OS_PROBER=\"false\""u8];
        string grub = Path.Combine(root.Path, "etc/default/grub");
        File.WriteAllBytes(grub, before);
        Run(root).Apply();
        Assert.EndsWith("\nGRUB_DISABLE_OS_PROBER=true", File.ReadAllText(grub), StringComparison.Ordinal);
        Run(root).Undo();
        Assert.Equal(before, File.ReadAllBytes(grub));
    }

    [Fact]
    public void Setup_WithAPort_ForNetworkd_BringsTheBridgeUp()
    {
        using TemporaryDirectory root = Machine("etc/systemd/network");
        Run(root, port: "eth1").Apply();
        string Text(string name) => File.ReadAllText(Path.Combine(root.Path, "etc/systemd/network", name));
        Assert.Contains("Name=xenbr0\n\n[Network]", Text("60-xenbr0.network"), StringComparison.Ordinal);
        Assert.Contains("Name=eth1\n\n[Network]\nBridge=xenbr0\n", Text("60-xenbr0-port.network"), StringComparison.Ordinal);
    }

    [Fact]
    public void Undo_LeavesWhatAPersonHasChanged()
    {
        using TemporaryDirectory root = Machine("etc/network/interfaces.d");
        Run(root).Apply();
        File.AppendAllText(Path.Combine(root.Path, "etc/default/grub"), "GRUB_TERMINAL=serial\n");
        List<string> said = [];
        new HostSetup(new HostSettings(Root: root.Path), isDryRun: false, said.Add).Undo();
        Assert.Contains("left alone: /etc/default/grub has been changed since", said);
        Assert.EndsWith("GRUB_TERMINAL=serial\n", File.ReadAllText(Path.Combine(root.Path, "etc/default/grub")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("br 0")]
    [InlineData("../etc")]
    [InlineData("a-name-that-is-too-long")]
    public void Bridge_WithAnImpossibleName_IsRefused(string name) =>
        Assert.Throws<ProblemException>(() => new HostSetup(new HostSettings(Bridge: name), isDryRun: true, _ => { }));

    [Fact]
    public void Check_SaysForEachAbilityWhatItFound()
    {
        IReadOnlyList<HostAbility> abilities = HostCheck.Run();
        Assert.Equal(["kvm", "nat", "tun", "bridges", "user-namespaces", "memory", "cgroups", "tools"], abilities.Select(ability => ability.Name));
        Assert.All(abilities, ability => Assert.NotEmpty(ability.Detail));
        Assert.True(abilities[5].Works);                    // these tests would not run in less
    }

    [Fact]
    public async Task Setup_OfARunningMachine_IsUndoneExactly()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can make namespaces with everything in them.");
        string script = Path.Combine(AppContext.BaseDirectory, "Host", "setup-and-undo.sh");
        string dom = Path.Combine(AppContext.BaseDirectory, "dom");
        ProcessStartInfo start = new("unshare", ["--mount", "--net", "sh", script, dom]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        CancellationToken token = TestContext.Current.CancellationToken;
        Task<string> complaints = process.StandardError.ReadToEndAsync(token);
        string said = await process.StandardOutput.ReadToEndAsync(token);
        string errors = await complaints;
        await process.WaitForExitAsync(token);
        Assert.SkipWhen(errors.Contains("permitted", StringComparison.Ordinal) || errors.Contains("Unknown device", StringComparison.Ordinal), errors);
        Assert.True(said.EndsWith("as before\n", StringComparison.Ordinal), said + errors);
    }

    private static TemporaryDirectory Machine(string folder)
    {
        TemporaryDirectory root = new();
        Directory.CreateDirectory(Path.Combine(root.Path, folder));
        Directory.CreateDirectory(Path.Combine(root.Path, "etc/default"));
        File.WriteAllText(Path.Combine(root.Path, "etc/default/grub"), Grub);
        return root;
    }

    private static HostSetup Run(TemporaryDirectory root, string? port = null) => new(new HostSettings(Port: port, Root: root.Path), isDryRun: false, _ => { });

    private static string[] FilesOf(TemporaryDirectory root) =>
        [.. Directory.EnumerateFiles(root.Path, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root.Path, file))];
}
