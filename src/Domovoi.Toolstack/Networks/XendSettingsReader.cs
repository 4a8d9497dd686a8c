// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Contracts;
using Domovoi.Toolstack.Configuration;

namespace Domovoi.Toolstack.Networks;

/// <summary>Reads the network part of <c>/etc/xen/xend-config.sxp</c> as it stands; what it says about other things is passed over.</summary>
/// <example><c>(network-script 'network-bridge,netdev=eth1 antispoof=yes')</c> ⏎ <c>(vif-script vif-bridge)</c></example>
public static class XendSettingsReader
{
    public const string DefaultFile = "/etc/xen/xend-config.sxp";

    private static readonly string[] s_bridgeKeys = ["netdev", "bridge", "vifnum", "antispoof"];

    /// <param name="path">null: <see cref="DefaultFile"/>, if there is one.</param>
    /// <exception cref="ProblemException">The file cannot be read, or says something that cannot be done.</exception>
    public static XendSettings Load(string? path)
    {
        path ??= File.Exists(DefaultFile) ? DefaultFile : null;
        return path is null ? new XendSettings() : Read(ConfigurationText.Read(path), path);
    }

    public static XendSettings Read(string text, string file)
    {
        XendSettings settings = new() { Source = file };
        foreach (SExpression line in SExpressionParser.Parse(text, file))
        {
            settings = line.Items.ToArray() switch
            {
                [{ Text: "network-script" } name, .. var values] => NetworkScript(settings, name, values),
                [{ Text: "vif-script" } name, .. var values] => VifScript(settings, name, values),
                [{ Text: "vif-antispoof" }, { Text: var value }] => settings with { Antispoof = IsYes(value) },
                _ => settings,
            };
        }

        return settings;
    }

    private static XendSettings NetworkScript(XendSettings settings, SExpression name, SExpression[] values)
    {
        (string path, Dictionary<string, SExpressionWord> words) = Script(name, values, "network-bridge");
        string script = Path.GetFileName(path);
        switch (script)
        {
            case "network-dummy" or "":
                return settings with { Kind = HostNetworkKind.Dummy };
            case "network-bridge":
                break;
            default:
                throw Wrong(
                    values[0].Where,
                    $"{script} is not supported: Domovoi does itself what network-bridge and network-dummy did, and runs no scripts for the host",
                    script == "network-route"
                        ? "write (network-script network-dummy) and (vif-script vif-route), and set net.ipv4.ip_forward=1 on the host"
                        : "write (network-script network-bridge) or (network-script network-dummy)");
        }

        foreach ((string key, SExpressionWord word) in words)
        {
            settings = key switch
            {
                "netdev" => settings with { Device = DeviceName(word) },
                "bridge" => settings with { Bridge = DeviceName(word) },
                "vifnum" => settings with { Number = int.TryParse(word.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int n)
                    ? n : throw Wrong(word.Where, $"vifnum={word.Value}: expected a number", null) },
                "antispoof" => settings with { Antispoof = YesOrNo(word) },
                _ => throw Wrong(
                    word.Where,
                    $"network-bridge has no setting {key}",
                    Spelling.Nearest(key, s_bridgeKeys) is { } near ? $"did you mean {near}=?" : $"it has {string.Join(", ", s_bridgeKeys)}"),
            };
        }

        return settings with { Kind = HostNetworkKind.Bridge };
    }

    private static XendSettings VifScript(XendSettings settings, SExpression name, SExpression[] values)
    {
        (string script, Dictionary<string, SExpressionWord> words) = Script(name, values, "vif-bridge");
        return NetworkCatalog.BuiltIn(script) switch
        {
            "vif-bridge" or "" => settings with { VifBridge = words.TryGetValue("bridge", out SExpressionWord bridge) ? DeviceName(bridge) : null },
            "vif-nat" => settings with { VifsBehindNat = true },
            "vif-route" => settings with { VifsRouted = true },
            _ => settings with { VifScript = script, VifScriptArguments = [.. words.Select(static word => $"{word.Key}={word.Value.Value}")] },
        };
    }

    /// <summary>Splits <c>'script,key=value key=value'</c>. Several words need quotes, since xend took the first only.</summary>
    private static (string Script, Dictionary<string, SExpressionWord> Words) Script(SExpression name, SExpression[] values, string example)
    {
        if (values.Length == 0 || values[0].Text is not { } text)
        {
            throw Wrong(name.Where, $"{name.Text}: the script's name is missing", $"write ({name.Text} {example})");
        }

        bool isMistake = values.Length > 1 || (!values[0].IsQuoted && text.Contains(',', StringComparison.Ordinal));
        if (isMistake)
        {
            string joined = string.Join(' ', values.Select(static value => value.Text ?? "(...)"));
            throw Wrong(
                values[0].Where,
                $"{name.Text}: a script with settings has to stand in quotes, or only {text.Split(',')[0]} is taken",
                $"write ({name.Text} '{joined}')");
        }

        string[] parts = text.Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, SExpressionWord> words = new(StringComparer.Ordinal);
        foreach (string part in parts.Skip(1))
        {
            int sign = part.IndexOf('=', StringComparison.Ordinal);
            if (sign <= 0)
            {
                throw Wrong(values[0].Where, $"{name.Text}: \"{part}\" is not understood", $"settings look like netdev=eth1: ({name.Text} '{example} netdev=eth1')");
            }

            words[part[..sign]] = new SExpressionWord(part[(sign + 1)..], values[0].Where);
        }

        return (parts.Length == 0 ? "" : parts[0], words);
    }

    private static string DeviceName(SExpressionWord word) =>
        word.Value.Length is > 0 and <= 15 && word.Value.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? word.Value
            : throw Wrong(word.Where, $"\"{word.Value}\" is no name of an interface", "a name has at most 15 letters, digits, '.', '_' and '-'");

    private static bool YesOrNo(SExpressionWord word) => word.Value is "yes" or "no" or "on" or "off" or "true" or "false" or "1" or "0"
        ? IsYes(word.Value)
        : throw Wrong(word.Where, $"antispoof={word.Value}: expected yes or no", null);

    private static bool IsYes(string? value) => value is "yes" or "on" or "true" or "1";

    private static ProblemException Wrong(SourcePosition where, string message, string? hint) => new(new Problem("xend-settings", message, where, hint));

    private readonly record struct SExpressionWord(string Value, SourcePosition Where);
}
