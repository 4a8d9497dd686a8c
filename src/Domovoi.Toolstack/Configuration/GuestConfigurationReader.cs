// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;
using Domovoi.Contracts.Launch;
using Domovoi.Toolstack.Configuration.Disks;
using Domovoi.Toolstack.Host;
using Domovoi.Toolstack.Networks;

namespace Domovoi.Toolstack.Configuration;

/// <summary>Gives the settings of a file and a command line their meaning, as xl's <c>parse_config_data</c> does.</summary>
public sealed class GuestConfigurationReader
{
    private const long DefaultMemoryMiB = 512;
    private const int LongestName = 255;

    private static readonly Dictionary<string, EndAction> Actions = new(StringComparer.Ordinal)
    {
        ["destroy"] = EndAction.Destroy,
        ["restart"] = EndAction.Restart,
        ["rename-restart"] = EndAction.RenameRestart,
        ["preserve"] = EndAction.Preserve,
        ["coredump-destroy"] = EndAction.CoreDumpDestroy,
        ["coredump-restart"] = EndAction.CoreDumpRestart,
        ["soft-reset"] = EndAction.SoftReset,
    };

    private static readonly Dictionary<string, DiskErrorAction> DiskErrorActions = new(StringComparer.Ordinal)
    {
        ["report"] = DiskErrorAction.Report,
        ["pause"] = DiskErrorAction.Pause,
        ["stop"] = DiskErrorAction.Stop,
    };

    private static readonly Dictionary<string, bool> Switch = new(StringComparer.Ordinal) { ["0"] = false, ["1"] = true };

    private readonly SettingTable _settings;
    private readonly SettingReader _reader;
    private readonly GuestPaths _paths;
    private readonly string _source;
    private readonly List<Problem> _warnings = [];

    private GuestConfigurationReader(SettingTable settings, string source)
    {
        _settings = settings;
        _source = source;
        _reader = new SettingReader(settings);
        _paths = new GuestPaths(_reader, source);
    }

    /// <summary>Reads a file, then the <c>key=value</c> words of the command line, which are in the same grammar and win.</summary>
    /// <exception cref="ProblemException">The first thing that is wrong.</exception>
    public static GuestConfiguration Load(string path, IReadOnlyList<string> overrides)
    {
        SettingTable settings = new();
        ConfigurationParser.Parse(ConfigurationText.Read(path), path, settings);
        foreach (string word in overrides)
        {
            ConfigurationParser.Parse(word, "command line", settings);
        }

        return Read(settings, path);
    }

    public static GuestConfiguration Read(SettingTable settings, string source)
    {
        GuestConfigurationReader reader = new(settings, source);
        try
        {
            return reader.Read();
        }
        catch (ProblemException e) when (reader._warnings.Count > 0)
        {
            throw new ProblemException(e.Problem) { Warnings = reader._warnings };
        }
    }

    /// <summary>The word for an action in a configuration file.</summary>
    public static string NameOf(EndAction action) => Actions.First(pair => pair.Value == action).Key;

    private GuestConfiguration Read()
    {
        WarnOfUnsupportedKeys();
        CheckType();
        string name = ReadName();
        (int vcpus, int mostVcpus) = ReadVcpus();
        (long memory, long maximum) = ReadMemory();
        BootloaderSpecification? bootloader = ReadBootloader();
        return new GuestConfiguration
        {
            Name = name,
            Uuid = ReadUuid(),
            Kernel = bootloader is null ? _paths.Kernel() : "",
            Ramdisk = bootloader is null ? _paths.Ramdisk() : null,
            Bootloader = bootloader,
            CommandLine = ReadCommandLine(),
            MemoryMiB = memory,
            MaxMemoryMiB = maximum,
            Vcpus = vcpus,
            MaxVcpus = mostVcpus,
            Affinities = new AffinitySetting(_settings, HostProcessors.Read(), _warnings).Read(mostVcpus),
            Disks = DiskSetting.Read(_settings, _source),
            OnDiskError = _reader.OneOf("disk_error", DiskErrorActions) ?? DiskErrorAction.Report,
            KeepsTranslations = _reader.OneOf("translation_cache", Switch) ?? true,
            Vifs = [.. _reader.Atoms("vif").Select(static atom => VifParser.Parse(atom.Text, atom.Where))],
            Identity = _reader.Text("uuid") ?? name,
            OnPowerOff = _reader.OneOf("on_poweroff", Actions) ?? EndAction.Destroy,
            OnReboot = _reader.OneOf("on_reboot", Actions) ?? EndAction.Restart,
            OnCrash = _reader.OneOf("on_crash", Actions) ?? EndAction.Destroy,
            Warnings = _warnings,
        };
    }

    private void WarnOfUnsupportedKeys()
    {
        foreach (Setting setting in _settings.All)
        {
            switch (KnownKeys.Of(setting.Name))
            {
                case KeySupport.NotYet:
                    Warn("config-not-supported", $"{setting.Name} is not supported yet and is ignored", setting.Where);
                    break;
                case KeySupport.NotForPv:
                    Warn("config-not-for-pv", $"{setting.Name} means nothing to a PV guest and is ignored", setting.Where);
                    break;
                case KeySupport.Unknown:
                    string? near = KnownKeys.NearestTo(setting.Name);
                    string hint = near is null ? "see xl.cfg(5) for the names" : $"did you mean {near}?";
                    Warn("config-unknown", $"{setting.Name} is not a known setting and is ignored", setting.Where, hint);
                    break;
            }
        }
    }

    /// <summary>As in xl, a kernel= beside bootloader= is a file on the guest's disk.</summary>
    private BootloaderSpecification? ReadBootloader()
    {
        BootloaderSpecification? bootloader = BootloaderSetting.Read(_settings, _reader);
        return bootloader is null ? null : bootloader with
        {
            Kernel = bootloader.Kernel ?? _reader.Text("kernel"),
            Ramdisk = bootloader.Ramdisk ?? _reader.Text("ramdisk"),
        };
    }

    private void CheckType()
    {
        string? type = _reader.Text("type");
        string? builder = _reader.Text("builder");
        if (type is not (null or "pv"))
        {
            bool known = type is "pvh" or "hvm";
            throw _reader.Wrong("type", known ? $"\"{type}\" guests are not supported yet" : "expected \"pv\"", "write type=\"pv\"");
        }

        if (builder is not (null or "generic" or "linux"))
        {
            bool known = builder is "hvm";
            throw _reader.Wrong(
                "builder", known ? "\"hvm\" guests are not supported yet" : "expected \"generic\"", "write type=\"pv\" instead");
        }
    }

    private string ReadName()
    {
        string? name = _reader.Text("name");
        return name switch
        {
            null => throw Mistake.At("config-name", $"{_source}: the domain's name is missing", hint: "add name=\"NAME\""),
            "" => throw _reader.Wrong("name", "is empty"),
            "Domain-0" => throw _reader.Wrong("name", "\"Domain-0\" is the host's own"),
            _ when name.Length > LongestName => throw _reader.Wrong("name", $"is longer than {LongestName} characters"),
            _ when name.Any(c => char.IsControl(c) || c == '/') => throw _reader.Wrong("name", "contains '/' or a control character"),
            _ when name.All(char.IsAsciiDigit) => throw _reader.Wrong("name", "consists of digits, and would be taken for a domain id"),
            _ => name,
        };
    }

    private Guid ReadUuid()
    {
        string? text = _reader.Text("uuid");
        return text is null ? Guid.NewGuid()
            : Guid.TryParseExact(text, "D", out Guid uuid) || Guid.TryParseExact(text, "N", out uuid) ? uuid
            : throw _reader.Wrong("uuid", "expected a UUID", "it looks like 7d444840-9dc0-11d1-b245-5ffdce74fad2; `uuidgen` makes one");
    }

    private string ReadCommandLine()
    {
        string? whole = _reader.Text("cmdline");
        string? root = _reader.Text("root");
        string? extra = _reader.Text("extra");
        if (whole is null)
        {
            return string.Join(' ', new[] { root is null ? null : $"root={root}", extra }.OfType<string>());
        }

        if (root is not null || extra is not null)
        {
            Warn("config-cmdline", "cmdline is set, so root and extra are ignored", _reader.PlaceOf("cmdline"));
        }

        return whole;
    }

    private (long Memory, long Maximum) ReadMemory()
    {
        long host = HostMemory.TotalMiB();
        long? maximum = _reader.Number("maxmem", "MiB", 1, long.MaxValue >> 20);
        long? memory = _reader.Number("memory", "MiB", 1, long.MaxValue >> 20);
        if (memory is null && maximum is null)
        {
            memory = DefaultMemoryMiB;
            Warn("config-memory", $"{_source}: memory is not set; the guest gets {DefaultMemoryMiB} MiB");
        }

        long start = memory ?? maximum!.Value;
        long largest = maximum ?? start;
        if (largest < start)
        {
            throw _reader.Wrong("maxmem", $"is {largest} MiB, less than memory, which is {start} MiB");
        }

        string which = maximum is null ? "memory" : "maxmem";
        return largest <= host
            ? (start, largest)
            : throw _reader.Wrong(which, $"is {largest} MiB, but this host has {host} MiB", $"write {which}={host / 2} or less");
    }

    /// <summary><c>vcpus</c> at the start, and the most that <c>dom vcpu-set</c> can bring up later; <c>maxvcpus</c> alone starts with one.</summary>
    /// <remarks>xl takes 0 for what was not said.</remarks>
    private (int AtStart, int Most) ReadVcpus()
    {
        long? given = _reader.Number("vcpus", "virtual processors", 0, DomainSpecification.MostVcpus);
        long? most = _reader.Number("maxvcpus", "virtual processors", 0, DomainSpecification.MostVcpus);
        most = most == 0 ? null : most;
        int atStart = (int)Math.Max(1, given ?? 1);
        return most is null || most >= atStart
            ? (atStart, (int)(most ?? atStart))
            : throw _reader.Wrong("maxvcpus", $"is {most}, less than vcpus, which is {atStart}");
    }

    private void Warn(string code, string message, SourcePosition? where = null, string? hint = null) =>
        _warnings.Add(new Problem(code, message, where, hint));
}
