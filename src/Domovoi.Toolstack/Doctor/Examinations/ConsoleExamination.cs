// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace Domovoi.Toolstack.Doctor.Examinations;

/// <summary>Whether somebody who attaches the console gets a login: a getty on <c>hvc0</c>, where Xen's console is, not on tty1.</summary>
internal static partial class ConsoleExamination
{
    private const string Why = "Xen's console is hvc0; a guest whose gettys sit on tty1 boots and then says nothing more.";
    private const string Unit = "serial-getty@hvc0.service";

    internal static IEnumerable<Finding> Examine(Patient patient)
    {
        if (patient.HasSystemd)
        {
            return OfSystemd(patient).Concat(OfSecuretty(patient));
        }

        return (patient.Files.Exists("/etc/inittab") ? OfInittab(patient) : OfUpstart(patient)).Concat(OfSecuretty(patient));
    }

    /// <summary>systemd's generator makes a getty for hvc0 by itself, unless it is masked or not there.</summary>
    private static IEnumerable<Finding> OfSystemd(Patient patient)
    {
        string own = $"/etc/systemd/system/{Unit}";
        bool isMasked = patient.Files.LinkTarget(own) == "/dev/null" || patient.Files.Find(own) is { Size: 0 };
        bool isEnabled = patient.Files.List("/etc/systemd/system/getty.target.wants").Contains(Unit);
        bool isGenerated = patient.Files.Exists("/lib/systemd/system-generators/systemd-getty-generator")
            && patient.Files.LinkTarget("/etc/systemd/system-generators/systemd-getty-generator") != "/dev/null";
        if (isMasked || !(isEnabled || isGenerated))
        {
            yield return new Finding(
                "no-getty", isMasked ? $"{Unit} is masked" : $"no unit starts a getty on hvc0", Why, $"enable {Unit}",
                plan =>
                {
                    if (isMasked)
                    {
                        plan.Remove(own);
                    }

                    plan.Link($"/etc/systemd/system/getty.target.wants/{Unit}", "/lib/systemd/system/serial-getty@.service");
                });
        }
    }

    private static IEnumerable<Finding> OfInittab(Patient patient)
    {
        if (!patient.Lines("/etc/inittab").Any(line => HvcLine().IsMatch(line)))
        {
            string text = patient.Files.ReadText("/etc/inittab") ?? "";
            bool isBusybox = BusyboxLine().IsMatch(text);
            string getty = patient.Files.Exists("/sbin/getty") ? "/sbin/getty" : "/sbin/agetty";
            string added = isBusybox ? "hvc0::respawn:/sbin/getty -L hvc0 115200 vt220\n" : $"hvc0:2345:respawn:{getty} -L hvc0 115200 vt220\n";
            yield return new Finding(
                "no-getty", "/etc/inittab has no getty on hvc0", Why, $"add `{added.Trim()}` to /etc/inittab",
                plan => plan.Append("/etc/inittab", "# The console of a Xen guest.\n" + added));
        }
    }

    private static IEnumerable<Finding> OfUpstart(Patient patient)
    {
        if (patient.Files.Exists("/etc/init/rc.conf") && !patient.Files.List("/etc/init").Any(file => patient.Lines($"/etc/init/{file}").Any(line => line.Contains("hvc0", StringComparison.Ordinal))))
        {
            yield return new Finding(
                "no-getty", "no job in /etc/init starts a getty on hvc0", Why, "add /etc/init/hvc0.conf",
                plan => plan.Write("/etc/init/hvc0.conf", "start on stopped rc RUNLEVEL=[2345]\nstop on runlevel [!2345]\nrespawn\nexec /sbin/getty -8 -L 115200 hvc0 vt220\n"));
        }
    }

    private static IEnumerable<Finding> OfSecuretty(Patient patient)
    {
        bool isAsked = patient.Lines("/etc/pam.d/login").Any(line => line.Contains("pam_securetty", StringComparison.Ordinal));
        if (isAsked && patient.Files.Exists("/etc/securetty") && !patient.Lines("/etc/securetty").Contains("hvc0"))
        {
            yield return new Finding(
                "securetty", "/etc/securetty does not list hvc0", "root may log in on the terminals listed there only.",
                "add hvc0 to /etc/securetty", plan => plan.Append("/etc/securetty", "hvc0\n"));
        }
    }

    [GeneratedRegex(@"^[^:]*:[^:]*:(respawn|askfirst):.*\bhvc0\b|^hvc0:[^:]*:(respawn|askfirst):")]
    private static partial Regex HvcLine();

    [GeneratedRegex("^(tty[0-9]+|console|::1)?::(sysinit|respawn|askfirst|wait):", RegexOptions.Multiline)]
    private static partial Regex BusyboxLine();
}
