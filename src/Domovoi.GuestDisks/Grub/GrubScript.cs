// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.GuestDisks.Grub;

/// <summary>Runs the part of GRUB's language that decides what is booted, and leaves modules, graphics and echoes out.</summary>
/// <remarks>
/// An entry's body runs when the entry is chosen, with the variables as they stood when the menu was made: <c>linux</c> and
/// <c>initrd</c> then name the files. The script is the guest's: it is cut off after <see cref="MostSteps"/> commands.
/// </remarks>
internal sealed class GrubScript
{
    private const int MostSteps = 100_000;
    private const int DeepestCall = 32;

    private readonly IGrubFiles _files;
    private readonly string _prefix;
    private readonly Dictionary<string, string> _variables;
    private readonly Dictionary<string, IReadOnlyList<GrubStatement>> _functions;
    private List<BootEntry> _entries = [];
    private BootFile? _kernel;
    private string _commandLine = "";
    private List<BootFile> _ramdisks = [];
    private int _steps;
    private int _depth;

    /// <param name="files">The disk.</param>
    /// <param name="directory">Where the configuration is: GRUB's <c>$prefix</c>.</param>
    internal GrubScript(IGrubFiles files, string directory)
    {
        _files = files;
        _prefix = directory;
        _functions = [];
        _variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["prefix"] = directory,
            ["config_directory"] = directory,
            ["root"] = "",
            ["grub_platform"] = "xen",
            ["grub_cpu"] = "x86_64",
            ["feature_menuentry_id"] = "y",
            ["feature_default_font_path"] = "y",
            ["feature_platform_search_hint"] = "y",
            ["feature_timeout_style"] = "y",
            ["feature_all_video_module"] = "y",
            ["feature_chainloader_bpb"] = "y",
            ["feature_ntldr"] = "y",
            ["feature_nativedisk_cmd"] = "y",
            ["feature_200_final"] = "y",
        };
    }

    private GrubScript(GrubScript parent)
    {
        (_files, _prefix) = (parent._files, parent._prefix);
        _variables = new Dictionary<string, string>(parent._variables, StringComparer.Ordinal);
        _functions = new Dictionary<string, IReadOnlyList<GrubStatement>>(parent._functions);
    }

    /// <summary>Runs a whole <c>grub.cfg</c>.</summary>
    internal BootMenu Run(string text, string source)
    {
        Execute(GrubParser.Parse(text));
        string? timeout = _variables.GetValueOrDefault("timeout");
        bool isHidden = _variables.GetValueOrDefault("timeout_style") is "hidden" or "countdown";
        return new BootMenu(source, _entries, _variables.GetValueOrDefault("default", "0"), Timeout(timeout), isHidden);
    }

    private static int Timeout(string? text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seconds) ? seconds : text is null ? -1 : 0;

    private bool Execute(IReadOnlyList<GrubStatement> statements)
    {
        bool result = true;
        foreach (GrubStatement statement in statements)
        {
            if (++_steps > MostSteps || _depth > DeepestCall)
            {
                throw new GuestDiskException("grub-config", $"GRUB's configuration, line {statement.Line}: it does not come to an end.");
            }

            result = statement switch
            {
                GrubCondition condition => Choose(condition),
                GrubLoop loop => Repeat(loop),
                GrubCommand command => Run(command),
                _ => true,
            };
        }

        return result;
    }

    private bool Choose(GrubCondition condition)
    {
        foreach (GrubBranch branch in condition.Branches)
        {
            if (branch.Test is null || Execute(branch.Test))
            {
                return Execute(branch.Body);
            }
        }

        return true;
    }

    private bool Repeat(GrubLoop loop)
    {
        if (loop.Name is { } name)
        {
            foreach (string word in Expand(loop.Words))
            {
                _variables[name] = word;
                Execute(loop.Body);
            }
        }

        return true;
    }

    private bool Run(GrubCommand command)
    {
        List<string> words = Expand(command.Words);
        if (words.Count == 0)
        {
            return true;
        }

        if (words[0] == "!")
        {
            return !Run(words[1..], command);
        }

        return Run(words, command);
    }

    private bool Run(List<string> words, GrubCommand command)
    {
        if (words.Count == 0)
        {
            return true;
        }

        switch (words[0])
        {
            case "menuentry" or "submenu" when command.Body is { } body:
                AddEntry(words, body);
                return true;
            case "function" when command.Body is { } body && words.Count > 1:
                _functions[words[1]] = body;
                return true;
            case "set":
                return words.Count < 2 || Assign(words[1]);
            case "unset":
                words.Skip(1).ToList().ForEach(name => _variables.Remove(name));
                return true;
            case "[" or "test":
                return GrubTest.Evaluate(words[0] == "[" && words[^1] == "]" ? words[1..^1] : words[1..], path => _files.Exists(Locate(path)));
            case "true":
                return true;
            case "false":
                return false;
            case "load_env":
                LoadEnvironment(words);
                return true;
            case "search" or "search.fs_uuid" or "search.fs_label" or "search.file":
                return Search(words);
            case "source" or "." or "configfile" when words.Count > 1:
                return Include(words[1]);
            case "linux" or "linux16" or "linuxefi" or "linux-xen" when words.Count > 1:
                _kernel = Locate(words[1]);
                _commandLine = string.Join(' ', words.Skip(2).Select(QuoteIfNeeded));
                return true;
            case "initrd" or "initrd16" or "initrdefi":
                _ramdisks = [.. words.Skip(1).Select(Locate)];
                return true;
            default:
                return RunOther(words, command);
        }
    }

    private bool RunOther(List<string> words, GrubCommand command)
    {
        if (_functions.TryGetValue(words[0], out IReadOnlyList<GrubStatement>? function))
        {
            _depth++;
            bool result = Execute(function);
            _depth--;
            return result;
        }

        // name=value without "set"
        int equals = words[0].IndexOf('=', StringComparison.Ordinal);
        return equals <= 0 || command.Words.Count != 1 || Assign(words[0]);
    }

    private bool Assign(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0)
        {
            string value = text[(equals + 1)..];
            _variables[text[..equals]] = text[..equals] == "root" ? value.Trim('(', ')') : value;
        }

        return true;
    }

    private void AddEntry(List<string> words, IReadOnlyList<GrubStatement> body)
    {
        string? title = null;
        string? id = null;
        for (int i = 1; i < words.Count; i++)
        {
            switch (words[i])
            {
                case "--id" when i + 1 < words.Count:
                    id = words[++i];
                    break;
                case "--class" or "--users" or "--hotkey" or "--source":
                    i++;
                    break;
                case var option when option.StartsWith("--", StringComparison.Ordinal):
                    id = option.StartsWith("--id=", StringComparison.Ordinal) ? option[5..] : id;
                    break;
                default:
                    title ??= words[i];
                    break;
            }
        }

        GrubScript scope = new(this);
        if (words[0] == "submenu")
        {
            scope._depth = _depth + 1;
            scope._steps = _steps;
            scope.Execute(body);
            _steps = scope._steps;
            _entries.Add(new BootEntry(title ?? "", id, scope._entries, null));
        }
        else
        {
            _entries.Add(new BootEntry(title ?? "", id, null, () => new GrubScript(scope).Load(title ?? "", body)));
        }
    }

    private BootLoad Load(string title, IReadOnlyList<GrubStatement> body)
    {
        _variables["chosen"] = title;
        Execute(body);
        return _kernel is { } kernel
            ? new BootLoad(kernel, _commandLine, _ramdisks)
            : throw new GuestDiskException("grub-entry", $"The entry \"{title}\" loads no Linux kernel.", "Choose another with bootloader_args=[\"--entry=NUMBER\"].");
    }

    private void LoadEnvironment(List<string> words)
    {
        string path = words.SkipWhile(w => w is not ("-f" or "--file")).Skip(1).FirstOrDefault() ?? $"{_prefix}/grubenv";
        foreach ((string name, string value) in GrubEnvironment.Read(_files.ReadText(Locate(path))))
        {
            _variables[name] = value;
        }
    }

    private bool Search(List<string> words)
    {
        string kind = words[0] switch { "search.fs_label" => "--label", "search.file" => "--file", _ => "--fs-uuid" };
        string target = "root";
        string? value = null;
        foreach (string word in words.Skip(1))
        {
            switch (word)
            {
                case "-u" or "--fs-uuid":
                    kind = "--fs-uuid";
                    break;
                case "-l" or "--label" or "--fs-label":
                    kind = "--label";
                    break;
                case "-f" or "--file":
                    kind = "--file";
                    break;
                case var set when set.StartsWith("--set=", StringComparison.Ordinal):
                    target = set[6..];
                    break;
                case var option when option.StartsWith('-'):
                    break;
                default:
                    value ??= word;
                    break;
            }
        }

        if (value is null || _files.Search(kind, value) is not { } device)
        {
            return false;
        }

        _variables[target] = device;
        return true;
    }

    private bool Include(string path)
    {
        if (_files.ReadText(Locate(path)) is not { } text)
        {
            return false;
        }

        _depth++;
        Execute(GrubParser.Parse(text));
        _depth--;
        return true;
    }

    /// <summary><c>(hd0,gpt1)/path</c> names its partition; a plain path is in <c>$root</c>.</summary>
    private BootFile Locate(string path)
    {
        int close = path.StartsWith('(') ? path.IndexOf(')', StringComparison.Ordinal) : -1;
        return close > 0
            ? new BootFile(path[1..close], path[(close + 1)..])
            : new BootFile(_variables.GetValueOrDefault("root", ""), path);
    }

    private List<string> Expand(IReadOnlyList<GrubWord> words)
    {
        List<string> expanded = [];
        foreach (GrubWord word in words)
        {
            string current = "";
            bool isThere = false;
            foreach (GrubWordPart part in word.Parts)
            {
                string value = part.IsVariable ? _variables.GetValueOrDefault(part.Text, "") : part.Text;
                if (!part.IsVariable || part.IsQuoted)
                {
                    current += value;
                    isThere = true;
                    continue;
                }

                string[] pieces = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                for (int i = 0; i < pieces.Length; i++)
                {
                    if (i > 0)
                    {
                        expanded.Add(current);
                        current = "";
                    }

                    current += pieces[i];
                    isThere = true;
                }
            }

            if (isThere)
            {
                expanded.Add(current);
            }
        }

        return expanded;
    }

    private static string QuoteIfNeeded(string word) => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word;
}
