// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Toolstack.Images;

/// <summary>How a root file system with many owners is made here: as root, or, as an ordinary user, as root of a user namespace.</summary>
/// <param name="Kind">"root" or "user namespace".</param>
/// <param name="Command">What is put before a command; empty if nothing.</param>
internal sealed record BuildSandbox(string Kind, IReadOnlyList<string> Command)
{
    /// <summary>Finds the way, by trying it.</summary>
    /// <exception cref="ProblemException">There is none; it says what is missing.</exception>
    internal static BuildSandbox Find()
    {
        if (Environment.IsPrivilegedProcess)
        {
            // Mounts of a namespace vanish with it. A container may not allow that; the tools cope.
            string[] apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"];
            return new BuildSandbox("root", HostPrograms.Find("unshare") is not null && Works(apart) ? apart : []);
        }

        string[] mapped =
        [
            "unshare", "--user", "--map-root-user", "--map-auto", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private",
        ];
        HostPrograms.Require("unshare", "util-linux", "makes an image without root");
        return Works(mapped) ? new BuildSandbox("user namespace", mapped) : throw Explain(mapped);
    }

    /// <summary>A program with its arguments, wrapped.</summary>
    internal (string Program, IReadOnlyList<string> Arguments) Wrap(params string[] command)
    {
        string[] all = [.. Command, .. command];
        return (all[0], all[1..]);
    }

    private static bool Works(string[] command) => Try(command).Code == 0;

    private static (int Code, string Output, string Errors) Try(string[] command) => HostTool.Run(command[0], [.. command[1..], "true"], "/");

    private static ProblemException Explain(string[] mapped)
    {
        string user = Environment.UserName;
        if (HostPrograms.Find("newuidmap") is null)
        {
            return Refusal("newuidmap is missing, which gives a user namespace its users", "install it: apt-get install uidmap; or run this as root");
        }

        if (!HasRange("/etc/subuid", user) || !HasRange("/etc/subgid", user))
        {
            return Refusal(
                $"{user} has no range of subordinate users in /etc/subuid and /etc/subgid",
                $"as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}; or run this as root");
        }

        return Refusal(
            $"this machine does not allow it: {Try(mapped).Errors.Trim()}",
            "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces), or run this as root; `dom host check` says more");
    }

    private static ProblemException Refusal(string why, string hint) =>
        new("rootless", $"an image cannot be made as an ordinary user: {why}", hint);

    private static bool HasRange(string file, string user) =>
        File.Exists(file) && File.ReadLines(file).Any(line => line.StartsWith(user + ":", StringComparison.Ordinal));
}
