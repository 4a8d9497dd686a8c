// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;

namespace Domovoi.Toolstack.Configuration.Disks;

/// <summary>Reads a disk's line, xl-disk-configuration(5): positional parameters, named ones, flags, and xend's old prefixes.</summary>
/// <example><c>phy:/dev/vg/root,xvda,w</c>, <c>/srv/a.qcow2,qcow2,xvdb</c>, <c>vdev=hdc, devtype=cdrom, target=/srv/a b,c.iso</c></example>
public sealed class DiskParser
{
    private const string Names =
        "target format vdev access devtype backend backendtype specification script direct-io-safe discard no-discard persistent-grants"
        + " no-persistent-grants cdrom";

    private static readonly Dictionary<string, DiskFormat> Formats = new(StringComparer.Ordinal)
    {
        ["raw"] = DiskFormat.Raw,
        ["qcow"] = DiskFormat.Qcow,
        ["qcow2"] = DiskFormat.Qcow2,
        ["vhd"] = DiskFormat.Vhd,
        ["vpc"] = DiskFormat.Vhd,
        ["vhdx"] = DiskFormat.Vhdx,
        ["vmdk"] = DiskFormat.Vmdk,
        ["vdi"] = DiskFormat.Vdi,
        ["qed"] = DiskFormat.Qed,
        ["empty"] = DiskFormat.Empty,
    };

    private readonly ConfigAtom _source;
    private readonly string? _directory;
    private readonly DiskLexer _lexer;
    private readonly Dictionary<string, DiskParameter> _set = new(StringComparer.Ordinal);
    private bool _hasPrefix;
    private DiskFormat? _format;
    private bool _isCdRom;
    private bool? _readOnly;
    private bool _shared;
    private bool _discard = true;
    private bool _direct;
    private bool _persistentGrants;

    private DiskParser(ConfigAtom source, string? directory)
    {
        _source = source;
        _directory = directory;
        _lexer = new DiskLexer(source.Text);
    }

    /// <summary>Reads one line.</summary>
    /// <param name="source">The line and where it stands.</param>
    /// <param name="directory">Where a relative target may also be, beside the working directory.</param>
    /// <exception cref="ProblemException">The first thing that is wrong, with its place.</exception>
    public static DiskSpecification Parse(ConfigAtom source, string? directory = null) => new DiskParser(source, directory).Read();

    /// <summary>A format by its name in a disk's line.</summary>
    public static bool TryFormat(string name, out DiskFormat format) => Formats.TryGetValue(name, out format);

    private DiskSpecification Read()
    {
        string? complaint;
        while (_lexer.Next(out complaint) is { } parameter)
        {
            Take(parameter);
        }

        if (complaint is not null)
        {
            throw Wrong(complaint, _lexer.At, "see xl-disk-configuration(5); a target with = or , in it is written last, as target=…");
        }

        string target = _set.GetValueOrDefault("target").Value ?? "";
        if (_isCdRom && target.Length == 0)
        {
            _format = DiskFormat.Empty;
        }

        if (!_set.TryGetValue("vdev", out DiskParameter vdev) || vdev.Value.Length == 0)
        {
            throw Wrong("no vdev specified", 0, $"name the disk as the guest will: {VirtualDeviceName.Expected}");
        }

        int number = VirtualDeviceName.NumberOf(vdev.Value)
            ?? throw Wrong($"\"{vdev.Value}\" is not the name of a virtual disk", vdev.ValueOffset, $"expected {VirtualDeviceName.Expected}");
        if (target.Length == 0 && _format != DiskFormat.Empty)
        {
            throw Wrong("no target specified", 0, "only a CD drive (devtype=cdrom) can be empty");
        }

        if (target.Contains('\0', StringComparison.Ordinal))
        {
            throw Wrong("the target has a NUL character in it", _set["target"].ValueOffset, "expected a path or an nbd:// address");
        }

        return new DiskSpecification
        {
            Name = vdev.Value,
            VirtualDevice = number,
            Target = _format == DiskFormat.Empty ? "" : DiskTarget.Resolve(target, _directory),
            Format = _format ?? DiskFormat.Raw,
            ReadOnly = _isCdRom || _readOnly == true,
            Shared = _shared,
            IsCdRom = _isCdRom,
            Discard = _discard,
            Direct = _direct,
            PersistentGrants = _persistentGrants,
        };
    }

    private void Take(DiskParameter parameter)
    {
        if (parameter.IsPrefix)
        {
            TakePrefix(parameter);
        }
        else if (parameter.IsPositional)
        {
            TakePositional(parameter);
        }
        else
        {
            TakeNamed(parameter);
        }
    }

    private void TakePrefix(DiskParameter prefix)
    {
        _hasPrefix = true;
        string name = prefix.Name.TrimEnd(':');
        switch (name)
        {
            case "raw" or "qcow" or "qcow2" or "vhd":
                SetFormat(prefix with { Value = name, ValueOffset = prefix.Offset });
                break;
            case "iscsi" or "nbd" or "enbd" or "drbd":
                throw Wrong(
                    $"{prefix.Name} needs the script block-{name}, and scripts are not run",
                    prefix.Offset,
                    name is "nbd" or "enbd" ? "write nbd://HOST[:PORT]/EXPORT as target" : "attach the device on the host and name it: /dev/…");
        }
    }

    private void TakePositional(DiskParameter word)
    {
        if (!_set.ContainsKey("target"))
        {
            _set["target"] = word;
        }
        else if (!_hasPrefix && _format is null)
        {
            if (_set["target"].Value.Length == 0 && TrySplitVdev(word))
            {
                _format = DiskFormat.Empty;
            }
            else
            {
                SetFormat(word);
            }
        }
        else if (!_set.ContainsKey("vdev"))
        {
            if (!TrySplitVdev(word))
            {
                SetOnce("vdev", word);
            }
        }
        else if (!_set.ContainsKey("access"))
        {
            SetAccess(word);
        }
        else
        {
            throw Wrong("too many positional parameters", word.Offset, "the order is TARGET,FORMAT,VDEV,ACCESS; the rest has names");
        }
    }

    private void TakeNamed(DiskParameter named)
    {
        switch (named.Name)
        {
            case "target" or "vdev": SetOnce(named.Name, named); break;
            case "format": SetFormat(named); break;
            case "access": SetAccess(named); break;
            case "cdrom": _isCdRom = true; break;
            case "devtype": SetDeviceType(named); break;
            case "direct-io-safe": _direct = true; break;
            case "persistent-grants" or "no-persistent-grants": _persistentGrants = named.Name == "persistent-grants"; break;
            case "discard" or "no-discard": _discard = named.Name == "discard"; break;
            case "backendtype":
                Choose(named, "phy", "tap", "qdisk", "standalone");     // all of them are our own
                break;
            case "specification":
                Choose(named, "xen");
                break;
            case "backend":
                Choose(named, "", "0", "Domain-0");
                break;
            case "trusted" or "untrusted" or "no-colo" or "grant_usage": break;
            case "script":
                throw Wrong("script: block scripts are not run", named.Offset, "attach the device on the host and name it as target");
            case "colo" or "colo-host" or "colo-port" or "colo-export" or "active-disk" or "hidden-disk":
                throw Wrong($"{named.Name}: COLO is not supported", named.Offset);
            default:
                string? near = Spelling.Nearest(named.Name, Names.Split(' '));
                throw Wrong($"unknown parameter {named.Name}", named.Offset, near is null ? null : $"did you mean {near}?");
        }
    }

    private void SetOnce(string name, DiskParameter parameter)
    {
        if (_set.TryGetValue(name, out DiskParameter earlier) && earlier.Value.Length > 0)
        {
            throw Wrong($"{name} respecified", parameter.Offset, $"it is \"{earlier.Value}\" already");
        }

        _set[name] = parameter;
    }

    private void SetFormat(DiskParameter parameter)
    {
        DiskFormat format = parameter.Value.Length == 0 ? DiskFormat.Raw
            : Formats.TryGetValue(parameter.Value, out DiskFormat known) ? known
            : throw Wrong(
                $"unknown value for format: \"{parameter.Value}\"",
                parameter.ValueOffset,
                $"expected {string.Join(", ", Formats.Keys)}; the order is TARGET,FORMAT,VDEV,ACCESS");
        if (_format is { } earlier && earlier != format)
        {
            throw Wrong("format respecified", parameter.Offset);
        }

        _format = format;
    }

    private void SetAccess(DiskParameter parameter)
    {
        _set["access"] = parameter;
        (bool readOnly, bool shared) = parameter.Value switch
        {
            "" or "w" or "rw" => (false, false),
            "r" or "ro" => (true, false),
            "w!" or "rw!" => (false, true),
            "r!" or "ro!" => (true, true),
            _ => throw Wrong(
                $"unknown value for access: \"{parameter.Value}\"",
                parameter.ValueOffset,
                "expected r, ro, w, rw, or with ! for a disk that several guests use knowingly"),
        };
        _readOnly = readOnly;
        _shared = shared;
    }

    private void SetDeviceType(DiskParameter parameter)
    {
        Choose(parameter, "cdrom", "disk");
        _isCdRom = parameter.Value == "cdrom";
    }

    private void Choose(DiskParameter parameter, params ReadOnlySpan<string> choices)
    {
        if (!choices.Contains(parameter.Value))
        {
            throw Wrong(
                $"{parameter.Name}: \"{parameter.Value}\" is not supported",
                parameter.ValueOffset,
                $"expected {string.Join(", ", choices.ToArray().Where(static choice => choice.Length > 0))}");
        }
    }

    /// <summary>xend's <c>hdc:cdrom</c>.</summary>
    private bool TrySplitVdev(DiskParameter word)
    {
        int colon = word.Value.LastIndexOf(':');
        if (colon < 0)
        {
            return false;
        }

        SetOnce("vdev", word with { Value = word.Value[..colon] });
        _isCdRom = word.Value[(colon + 1)..] switch
        {
            "cdrom" => true,
            "disk" => false,
            var type => throw Wrong($"unknown deprecated type {type}", word.ValueOffset + colon + 1, "expected cdrom or disk"),
        };
        return true;
    }

    private ProblemException Wrong(string message, int offset, string? hint = null) => Mistake.At(
        "config-disk", $"disk: {message}", _source.Where with { Column = _source.Where.Column + 1 + offset }, hint);
}
