// SPDX-License-Identifier: MIT
namespace Domovoi.Guests;

/// <summary>A whole Debian with systemd, from the disk that <c>dom image build</c> made, used as a person uses it: over ssh.</summary>
public sealed class DebianSystemTests
{
    private const string State = "tty; test -t 0 && echo terminal; systemctl is-system-running --wait; systemctl --failed --no-legend --no-pager; echo checked";
    private const string Install = "apt-get update -qq && apt-get install -y -qq --no-install-recommends hello luajit && hello";

    /// <summary>What the host's own python3 prints for the work of bench/jit-programs.</summary>
    private const string Work = "225160698 109211 806132 239970\n";

    /// <summary>Everything that only a real user space does: hundreds of processes, udev, vector code, key exchange, apt's signatures.</summary>
    [Fact]
    public async Task Systemd_IsReachedOverSsh_InstallsAPackage_AndPowersOff()
    {
        Assert.SkipUnless(NetworkTests.HasSlirp(), "libslirp0 is not installed");
        using GuestHost host = new();
        string disk = host.InFolder("disk.img");
        DebianDisk.Bookworm.CopyTo(disk);
        int port = SshLogin.FreePort();
        string configuration = host.Configure("debian", $"memory = 512\nmaxvcpus = 2\nbootloader = \"pygrub\"\ndisk = ['{disk},raw,xvda,rw']\nvif = ['']");
        RunningGuest guest = host.Create(configuration, "-p", $"{port}:22");
        SshLogin ssh = new(port, DebianDisk.Bookworm.Key);
        await ssh.ComesUpAsync();

        DomResult state = ssh.OnTerminal(State);
        Assert.Equal(["/dev/pts/0", "terminal", "running", "checked"], state.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(0, host.Dom("vcpu-set", "--ignore-host", "debian", "2").ExitCode);
        DomResult added = ssh.Run("for i in $(seq 50); do [ $(nproc) = 2 ] || sleep 0.2; done; nproc");
        Assert.Equal("2\n", added.Output);                   // the image's udev rule has brought it online
        DomResult kernel = ssh.Run("dmesg | grep -E 'WARNING:|BUG:|Oops|segfault|trap .* ip:' || true");
        Assert.Equal("", kernel.Output);
        DomResult installed = ssh.Run(Install);
        Assert.True(installed.ExitCode == 0 && installed.Output.EndsWith("Hello, world!\n", StringComparison.Ordinal), installed.Output + installed.Error);
        Assert.DoesNotContain("W: ", installed.Error, StringComparison.Ordinal);

        // A compiler that writes code and runs it at once; bench/jits has bigger ones.
        string program = Convert.ToBase64String(File.ReadAllBytes(Path.Combine(GuestHost.Repository, "bench/jit-programs/work.lua")));
        DomResult compiled = ssh.Run($"echo {program} | base64 -d >/tmp/work.lua; luajit /tmp/work.lua 40; luajit -joff /tmp/work.lua 1");
        Assert.Equal(Work + Work, compiled.Output);

        await guest.SaysAsync("guest login:");
        ssh.Run("systemctl poweroff");
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Equal(0, HostProgram.Run("e2fsck", "-fn", disk).ExitCode);
    }
}
