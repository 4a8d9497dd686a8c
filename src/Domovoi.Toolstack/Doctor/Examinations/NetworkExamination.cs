// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.RegularExpressions;

namespace Domovoi.Toolstack.Doctor.Examinations;

/// <summary>Whether the guest's network settings are for the interface it will have, not for the card of another machine.</summary>
internal static partial class NetworkExamination
{
    private const string Why = "the interface is there and stays down: the guest is not reached by ssh.";
    private const int SchemeWithXenNames = 250;

    internal static IEnumerable<Finding> Examine(Patient patient)
    {
        string name = NameUnderXen(patient);
        return OfIfupdown(patient, name).Concat(OfNetworkd(patient, name)).Concat(OfPersistentRules(patient));
    }

    /// <summary>systemd's udev calls it enX0 from version 250 on; before, and without it, it keeps the kernel's eth0.</summary>
    private static string NameUnderXen(Patient patient)
    {
        bool isOff = patient.DefaultLoad?.CommandLine.Contains("net.ifnames=0", StringComparison.Ordinal) == true
            || patient.Files.LinkTarget("/etc/udev/rules.d/80-net-setup-link.rules") == "/dev/null"
            || patient.Files.LinkTarget("/etc/systemd/network/99-default.link") == "/dev/null";
        return !isOff && VersionOfUdev(patient) >= SchemeWithXenNames ? "enX0" : "eth0";
    }

    /// <summary>As dpkg has it, or systemd's own library: beside sysvinit udev comes without one. 0 if neither says.</summary>
    private static int VersionOfUdev(Patient patient)
    {
        Match package = UdevPackage().Match(patient.Files.ReadText("/var/lib/dpkg/status") ?? "");
        return patient.Files.List("/lib/systemd").Concat(patient.Files.List("/lib/x86_64-linux-gnu/systemd"))
            .Select(file => SharedLibrary().Match(file))
            .Append(package)
            .Where(match => match.Success)
            .Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))
            .DefaultIfEmpty().Max();
    }

    private static IEnumerable<Finding> OfIfupdown(Patient patient, string name)
    {
        string[] sources = ["/etc/network/interfaces", .. patient.Files.List("/etc/network/interfaces.d").Select(file => $"/etc/network/interfaces.d/{file}")];
        (string File, string Name)[] wired =
        [
            .. from file in sources
               from line in patient.Lines(file)
               let match = IfaceLine().Match(line)
               where match.Success && WiredName().IsMatch(match.Groups[1].Value)
               select (file, match.Groups[1].Value),
        ];
        bool hasPattern = sources.Any(file => patient.Lines(file).Any(line => PatternLine().IsMatch(line)));
        if (wired.Length == 0 || hasPattern || wired.Any(found => found.Name == name))
        {
            yield break;
        }

        (string source, string old) = wired[0];
        yield return new Finding(
            "interface-name", $"{source} sets up {old}; under Xen this system calls its interface {name}", Why, $"write {name} for {old}",
            plan => plan.Write(source, Regex.Replace(plan.TextOf(source), $@"\b{Regex.Escape(old)}\b", name)));
    }

    private static IEnumerable<Finding> OfNetworkd(Patient patient, string name)
    {
        bool isUsed = patient.Files.List("/etc/systemd/system/multi-user.target.wants").Contains("systemd-networkd.service");
        string[] files = [.. patient.Files.List("/etc/systemd/network").Where(file => file.EndsWith(".network", StringComparison.Ordinal))];
        if (!isUsed || files.Length == 0 || files.Any(file => Matches(patient, $"/etc/systemd/network/{file}", name)))
        {
            yield break;
        }

        yield return new Finding(
            "interface-name", $"no file in /etc/systemd/network is for {name}, which is what this system calls its interface under Xen", Why,
            "add /etc/systemd/network/90-xen.network, which asks DHCP",
            plan => plan.Write("/etc/systemd/network/90-xen.network", "[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n"));
    }

    private static bool Matches(Patient patient, string file, string name)
    {
        string[] lines = [.. patient.Lines(file).SkipWhile(line => line != "[Match]").Skip(1).TakeWhile(line => !line.StartsWith('['))];
        string? names = lines.FirstOrDefault(line => line.StartsWith("Name=", StringComparison.Ordinal))?["Name=".Length..];
        return names?.Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(glob => Glob(glob).IsMatch(name))
            ?? lines.Any(line => line is "Type=ether" or "Driver=vif" or "Virtualization=yes" or "Virtualization=xen");
    }

    private static Regex Glob(string glob) => new("^" + Regex.Escape(glob).Replace(@"\*", ".*", StringComparison.Ordinal).Replace(@"\?", ".", StringComparison.Ordinal) + "$");

    /// <summary>udev of before 2015 wrote the card's address down, and calls every other card eth1.</summary>
    private static IEnumerable<Finding> OfPersistentRules(Patient patient)
    {
        const string Rules = "/etc/udev/rules.d/70-persistent-net.rules";
        if (patient.Lines(Rules).Any(line => line.Contains("NAME=\"eth", StringComparison.Ordinal)))
        {
            yield return new Finding(
                "persistent-net", $"{Rules} keeps eth0 for the card of another machine", "Xen's interface becomes eth1, which nothing sets up.",
                "remove the file; udev writes it again where it needs it", plan => plan.Remove(Rules));
        }
    }

    [GeneratedRegex(@"^Package: udev\nStatus: install ok (?:[^\n]+\n){0,100}?Version: ([0-9]{1,4})", RegexOptions.Multiline)]
    private static partial Regex UdevPackage();

    [GeneratedRegex(@"^libsystemd-shared-([0-9]{1,4})")]
    private static partial Regex SharedLibrary();

    [GeneratedRegex(@"^iface\s+(\S+)\s+inet6?\s")]
    private static partial Regex IfaceLine();

    [GeneratedRegex("^(en[A-Zopsx0-9]|eth[0-9]|em[0-9]|p[0-9]+p[0-9])")]
    private static partial Regex WiredName();

    [GeneratedRegex(@"^(auto|allow-hotplug)\s+.*/")]
    private static partial Regex PatternLine();
}
