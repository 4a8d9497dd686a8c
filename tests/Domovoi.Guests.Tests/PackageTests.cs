// SPDX-License-Identifier: MIT
namespace Domovoi.Guests;

/// <summary>The Debian package: made by its one command, installed, used and removed by dpkg.</summary>
public sealed class PackageTests
{
    [Fact]
    public void Package_IsInstalled_BootsTheGuestsOfXenAuto_AndLeavesNothing()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can install packages");
        using GuestHost host = new();
        DomResult built = HostProgram.Run("sh", Path.Combine(GuestHost.Repository, "packaging", "build-deb"), host.Folder);
        Assert.True(built.ExitCode == 0, built.Error);
        string script = Path.Combine(AppContext.BaseDirectory, "install-package.sh");
        DomResult used = HostProgram.Run(
            "unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "timeout", "400", "sh", script,
            built.Output.Trim(), GuestHost.Debian.Kernel, GuestHost.Debian.Initramfs);
        Assert.SkipWhen(used.Error.Contains("mount: ", StringComparison.Ordinal) || used.Error.Contains("unshare: ", StringComparison.Ordinal), used.Error);
        Assert.True(used.Output.EndsWith("all is well\n", StringComparison.Ordinal), used.Output + used.Error);
    }
}
