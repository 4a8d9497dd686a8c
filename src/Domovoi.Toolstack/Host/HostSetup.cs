// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Domovoi.Contracts;
using Domovoi.Toolstack.Images;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Toolstack.Host;

/// <summary>Does what an administrator did for Xen by hand: a bridge, forwarding, and the guard of the host's own boot menu.</summary>
/// <remarks>
/// Idempotent: what is as it should be is left alone. Each change is written down before it is made, in
/// <c>/var/lib/domovoi/host-setup.json</c>; <see cref="Undo"/> puts back what nobody has changed since. Files first, then what runs.
/// </remarks>
public sealed partial class HostSetup
{
    private const string RecordPath = "/var/lib/domovoi/host-setup.json";
    private const string SysctlFile = "/etc/sysctl.d/60-domovoi.conf";
    private const string GrubDefaults = "/etc/default/grub";
    private const string GrubGuard = "GRUB_DISABLE_OS_PROBER=true";

    /// <summary>What is put back is the same byte for byte, whatever encoding its author used.</summary>
    private static readonly Encoding s_bytes = Encoding.Latin1;

    private static readonly (string Name, string Value)[] s_sysctls =
    [
        ("net.ipv4.ip_forward", "1"),
        ("net.bridge.bridge-nf-call-iptables", "0"),
        ("net.bridge.bridge-nf-call-ip6tables", "0"),
        ("net.bridge.bridge-nf-call-arptables", "0"),
    ];

    private readonly HostSettings _settings;
    private readonly Action<string> _tell;
    private readonly bool _isDryRun;
    private SetupRecord _record;

    /// <param name="settings">What is wanted.</param>
    /// <param name="isDryRun">Only tell what would be done.</param>
    /// <param name="tell">Gets a line for each change.</param>
    public HostSetup(HostSettings settings, bool isDryRun, Action<string> tell)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (!InterfaceName().IsMatch(settings.Bridge) || (settings.Port is { } port && !InterfaceName().IsMatch(port)))
        {
            throw new ProblemException("host-interface", "that is no name of a network interface", "at most 15 letters, digits, . _ and -");
        }

        (_settings, _isDryRun, _tell) = (settings, isDryRun, tell);
        _record = Load();
    }

    private bool IsThisMachine => _settings.Root == "/";

    /// <summary>Makes the machine ready; returns how many changes that took.</summary>
    public int Apply()
    {
        RequireRights();
        int changes = SetFile(SysctlFile, SysctlText(), "forwarding, and bridged packets kept out of the host's firewall")
            + GuardGrub() + BridgeFiles().Sum(file => SetFile(file.Path, file.Text, $"the bridge {_settings.Bridge} at each boot"));
        return IsThisMachine ? changes + s_sysctls.Sum(SetSysctl) + MakeBridge() : changes;
    }

    /// <summary>Takes everything back that was changed, and is still as it was left.</summary>
    public int Undo()
    {
        RequireRights();
        int changes = 0;
        foreach (ChangedPort change in _record.Ports.Where(change => IsThisMachine && IsOn(change.Port, change.Bridge)))
        {
            changes += Do($"take {change.Port} off {change.Bridge}", () => Ip("link", "set", change.Port, "nomaster"));
        }

        foreach (string bridge in _record.Bridges.Where(bridge => IsThisMachine && Directory.Exists($"/sys/class/net/{bridge}")))
        {
            changes += Do($"remove the bridge {bridge}", () => Ip("link", "delete", bridge, "type", "bridge"));
        }

        foreach (ChangedSysctl change in Enumerable.Reverse(_record.Sysctls))
        {
            bool isOurs = ReadSysctl(change.Name) == change.After;
            changes += isOurs ? Do($"set {change.Name} to {change.Before} again", () => File.WriteAllText(SysctlPath(change.Name), change.Before))
                : Leave($"{change.Name} has been changed since");
        }

        foreach (ChangedFile change in Enumerable.Reverse(_record.Files))
        {
            changes += Restore(change);
        }

        if (!_isDryRun)
        {
            File.Delete(At(RecordPath));
        }

        return changes;
    }

    private int Restore(ChangedFile change)
    {
        string path = At(change.Path);
        if (!File.Exists(path) || Read(path) != change.After)
        {
            return Leave($"{change.Path} has been changed since");
        }

        int changes = change.Before is { } before
            ? Do($"put {change.Path} back as it was", () => Replace(path, before))
            : Do($"remove {change.Path}", () => File.Delete(path));
        return change.Path == GrubDefaults ? changes + UpdateMenu() : changes;
    }

    private int GuardGrub()
    {
        string path = At(GrubDefaults);
        if (!File.Exists(path))
        {
            return 0;
        }

        string text = Read(path);
        string guarded = ProberLine().IsMatch(text) ? ProberLine().Replace(text, GrubGuard) : text + (text.EndsWith('\n') ? "" : "\n") + GrubGuard + "\n";
        int changes = SetFile(GrubDefaults, guarded, "guests on logical volumes kept out of this machine's boot menu");
        return changes > 0 ? changes + UpdateMenu() : 0;
    }

    /// <summary>The menu is made of the settings by <c>update-grub</c> only.</summary>
    private int UpdateMenu() => !IsThisMachine || HostPrograms.Find("update-grub") is not { } program ? 0 : Do("run update-grub", () =>
    {
        (int code, string output, string errors) = HostTool.Run(program, [], "/");
        if (code != 0)
        {
            _tell($"update-grub could not make this machine's boot menu anew, it is as before: {(errors + output).Trim().Split('\n')[^1]}");
        }
    });

    private string SysctlText() => "# Made by `dom host setup`; `dom host setup --undo` removes it.\n"
        + string.Concat(s_sysctls.Select(setting => $"-{setting.Name} = {setting.Value}\n"));

    /// <summary>For whichever of Debian's two ways to set up networks this machine uses.</summary>
    private (string Path, string Text)[] BridgeFiles()
    {
        const string Head = "# Made by `dom host setup`; `dom host setup --undo` removes it.\n";
        string bridge = _settings.Bridge;
        if (Directory.Exists(At("/etc/network/interfaces.d")))
        {
            return
            [
                ($"/etc/network/interfaces.d/{bridge}",
                    $"{Head}auto {bridge}\niface {bridge} inet manual\n    pre-up ip link show {bridge} >/dev/null 2>&1 || ip link add {bridge} type bridge\n    up ip link set {bridge} up\n"
                    + (_settings.Port is { } port ? $"    up ip link set {port} master {bridge}\n" : "") + $"    post-down ip link delete {bridge} type bridge\n"),
            ];
        }

        const string Folder = "/etc/systemd/network";
        (string, string)[] files =
        [
            ($"{Folder}/60-{bridge}.netdev", $"{Head}[NetDev]\nName={bridge}\nKind=bridge\n"),
            ($"{Folder}/60-{bridge}.network", $"{Head}[Match]\nName={bridge}\n\n[Network]\nConfigureWithoutCarrier=yes\nLinkLocalAddressing=no\n"),
        ];
        return _settings.Port is { } enslaved
            ? [.. files, ($"{Folder}/60-{bridge}-port.network", $"{Head}[Match]\nName={enslaved}\n\n[Network]\nBridge={bridge}\n")]
            : files;
    }

    private int SetFile(string name, string text, string purpose)
    {
        string path = At(name);
        string? before = File.Exists(path) ? Read(path) : null;
        return before == text ? 0 : Do($"write {name}: {purpose}", () =>
        {
            string? original = _record.Files.Find(change => change.Path == name) is { } earlier ? earlier.Before : before;
            _record.Files.RemoveAll(change => change.Path == name);
            _record.Files.Add(new ChangedFile(name, original, text));
            Save();
            Replace(path, text);
        });
    }

    private int SetSysctl((string Name, string Value) setting)
    {
        string? before = ReadSysctl(setting.Name);
        return before is null || before == setting.Value ? 0 : Do($"set {setting.Name} to {setting.Value}", () =>
        {
            _record.Sysctls.Add(new ChangedSysctl(setting.Name, before, setting.Value));
            Save();
            File.WriteAllText(SysctlPath(setting.Name), setting.Value);
        });
    }

    private int MakeBridge()
    {
        string bridge = _settings.Bridge;
        int changes = Directory.Exists($"/sys/class/net/{bridge}") ? 0 : Do($"make the bridge {bridge}", () =>
        {
            _record.Bridges.Add(bridge);
            Save();
            Ip("link", "add", bridge, "type", "bridge");
            Ip("link", "set", bridge, "up");
        });
        return _settings.Port is not { } port || IsOn(port, bridge) ? changes : changes + Do($"put {port} on {bridge}", () =>
        {
            _record.Ports.Add(new ChangedPort(port, bridge));
            Save();
            Ip("link", "set", port, "master", bridge);
        });
    }

    private static bool IsOn(string port, string bridge) => File.Exists($"/sys/class/net/{bridge}/brif/{port}/state");

    private int Do(string what, Action action)
    {
        _tell((_isDryRun ? "would " : "") + what);
        if (!_isDryRun)
        {
            action();
        }

        return 1;
    }

    private int Leave(string why)
    {
        _tell($"left alone: {why}");
        return 0;
    }

    private void RequireRights()
    {
        if (!_isDryRun && IsThisMachine && !Environment.IsPrivilegedProcess)
        {
            throw new ProblemException("host-root", "setting up the host needs root", "`dom host setup --dry-run` shows what would be done; sudo dom host setup does it");
        }
    }

    private static void Ip(params string[] arguments)
    {
        (int code, _, string errors) = HostTool.Run(HostPrograms.Require("ip", "iproute2", "makes bridges"), arguments, "/");
        if (code != 0)
        {
            throw new ProblemException("host-network", $"ip {string.Join(' ', arguments)}: {errors.Trim()}", "`dom host setup --undo` takes back what was done so far");
        }
    }

    private SetupRecord Load()
    {
        string path = At(RecordPath);
        return File.Exists(path) ? JsonSerializer.Deserialize(Read(path), HostJson.Default.SetupRecord) ?? SetupRecord.Empty : SetupRecord.Empty;
    }

    private void Save() => Replace(At(RecordPath), JsonSerializer.Serialize(_record, HostJson.Default.SetupRecord));

    /// <summary>In one step, with the mode it has, so that a cut leaves the old or the new.</summary>
    private static void Replace(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string part = path + ".domovoi-part";
        File.WriteAllText(part, text, s_bytes);
        if (File.Exists(path))
        {
            File.SetUnixFileMode(part, File.GetUnixFileMode(path));
        }

        File.Move(part, path, overwrite: true);
    }

    private static string Read(string path) => File.ReadAllText(path, s_bytes);

    private string At(string path) => IsThisMachine ? path : Path.Join(_settings.Root, path);

    private static string SysctlPath(string name) => "/proc/sys/" + name.Replace('.', '/');

    private static string? ReadSysctl(string name) => File.Exists(SysctlPath(name)) ? File.ReadAllText(SysctlPath(name)).Trim() : null;

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$")]
    private static partial Regex InterfaceName();

    [GeneratedRegex("^[ \t]*#?[ \t]*GRUB_DISABLE_OS_PROBER=.*$", RegexOptions.Multiline)]
    private static partial Regex ProberLine();
}
