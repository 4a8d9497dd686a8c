// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Toolstack.Images;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Toolstack.Doctor.Examinations;

/// <summary>Whether sshd can start: it ends at once without a host key.</summary>
internal static class SshExamination
{
    private const int SecretMode = 0x180;

    internal static IEnumerable<Finding> Examine(Patient patient)
    {
        bool hasServer = patient.Files.Exists("/usr/sbin/sshd");
        bool hasKeys = patient.Files.List("/etc/ssh").Any(file =>
            file.StartsWith("ssh_host_", StringComparison.Ordinal) && file.EndsWith("_key", StringComparison.Ordinal) && patient.Files.Find($"/etc/ssh/{file}") is { Size: > 0 });
        bool makesThem = patient.Files.List("/etc/systemd/system/multi-user.target.wants").Any(unit => unit.Contains("regenerate", StringComparison.Ordinal))
            || patient.Files.Exists("/usr/lib/systemd/system/sshd-keygen.target") || patient.Files.Exists("/etc/cloud/cloud.cfg");
        if (hasServer && !hasKeys && !makesThem)
        {
            yield return new Finding(
                "no-host-keys", "sshd has no host keys in /etc/ssh", "it refuses to start without: `no hostkeys available`.",
                "generate new ones", Generate);
        }
    }

    private static void Generate(RepairPlan plan)
    {
        string program = HostPrograms.Require("ssh-keygen", "openssh-client", "makes host keys");
        string folder = Directory.CreateTempSubdirectory("domovoi-keys-").FullName;
        try
        {
            foreach (string kind in (string[])["ed25519", "rsa", "ecdsa"])
            {
                string file = Path.Combine(folder, kind);
                (int code, string output, string errors) = HostTool.Run(program, ["-q", "-t", kind, "-N", "", "-C", "root@guest", "-f", file], folder);
                if (code != 0)
                {
                    throw new ProblemException("ssh-keygen", $"ssh-keygen could not make a host key: {output}{errors}".Trim());
                }

                plan.Write($"/etc/ssh/ssh_host_{kind}_key", File.ReadAllBytes(file), SecretMode);
                plan.Write($"/etc/ssh/ssh_host_{kind}_key.pub", File.ReadAllBytes(file + ".pub"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
