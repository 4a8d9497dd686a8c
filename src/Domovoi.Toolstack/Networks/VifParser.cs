// SPDX-License-Identifier: MIT
using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Domovoi.Contracts;
using Domovoi.Network.Endpoints;
using Domovoi.Network.Filters;
using Domovoi.Network.Frames;
using Domovoi.Network.Limits;
using Domovoi.Network.Vlans;
using Domovoi.Toolstack.Configuration;

namespace Domovoi.Toolstack.Networks;

/// <summary>Reads a vif as xl does: <c>key=value</c> pairs and flags with commas between.</summary>
/// <example><c>mac=00:16:3e:01:02:03,bridge=xenbr0,vlan=10p/20,ip=10.0.0.5,rate=10Mb/s@20ms</c></example>
public sealed partial class VifParser
{
    private const int MostIndex = 255;
    private const int LongestName = 15;                     // IFNAMSIZ less its end
    private const string Syntax = "vif entries look like 'mac=00:16:3e:01:02:03,bridge=xenbr0'";

    private static readonly FrozenDictionary<string, Func<VifParser, VifConfiguration, string, VifConfiguration>> s_keys =
        new Dictionary<string, Func<VifParser, VifConfiguration, string, VifConfiguration>>(StringComparer.Ordinal)
        {
            ["mac"] = static (p, vif, value) => vif with { Mac = p.Mac(value) },
            ["bridge"] = static (p, vif, value) => vif with { Bridge = value.Length == 0 ? null : value },
            ["vlan"] = static (p, vif, value) => vif with { Vlans = p.Vlans(value) },
            ["rate"] = static (p, vif, value) => vif with { Rate = p.Rate(value) },
            ["ip"] = static (p, vif, value) => vif with { Addresses = p.Addresses(value) },
            ["script"] = static (p, vif, value) => vif with { Script = value },
            ["vifname"] = static (p, vif, value) => vif with { HostName = p.DeviceName("vifname", value) },
            ["devid"] = static (p, vif, value) => vif with { Index = p.Number("devid", value, 0, MostIndex) },
            ["mtu"] = static (p, vif, value) => vif with { Mtu = p.Number("mtu", value, 68, 65521) },
            ["forward"] = static (p, vif, value) => vif with { Forwards = [.. vif.Forwards, p.Forward(value)] },
            ["backend"] = static (p, vif, value) => value is "0" or "Domain-0" ? vif : throw p.Wrong(
                $"backend={value}: the host serves every vif; there are no driver domains", "leave backend= out"),
            ["type"] = static (p, vif, value) => value is "vif" or "ioemu" ? vif : throw p.Wrong(
                $"type={value}: expected vif or ioemu", "leave type= out; a PV guest has only vifs"),
            ["model"] = static (_, vif, _) => vif,          // of an emulated card, which a PV guest does not have
            ["gatewaydev"] = static (p, vif, value) => vif with { GatewayDevice = p.DeviceName("gatewaydev", value) },
            ["netdev"] = static (p, vif, value) => vif with { GatewayDevice = p.DeviceName("netdev", value) },  // its older name
            ["host-loopback"] = static (p, vif, value) => vif with { HostLoopback = p.Number("host-loopback", value, 0, 1) == 1 },
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly SourcePosition? _where;

    private VifParser(SourcePosition? where) => _where = where;

    /// <summary>Reads one entry; an empty one is a vif with every default.</summary>
    /// <exception cref="ProblemException">The first thing that is wrong in it.</exception>
    public static VifConfiguration Parse(string text, SourcePosition? where = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        VifParser parser = new(where);
        VifConfiguration vif = new() { Where = where };
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            vif = parser.Word(vif, word);
        }

        return vif;
    }

    /// <summary>Checks the argument of <c>-p</c> and brings it into one form.</summary>
    /// <exception cref="ProblemException">It is no port forward.</exception>
    public static string ParseForward(string text) => new VifParser(null).Forward(text);

    private VifConfiguration Word(VifConfiguration vif, string word)
    {
        int sign = word.IndexOf('=', StringComparison.Ordinal);
        if (sign < 0)
        {
            return word switch
            {
                "trusted" => vif with { Trusted = true },
                "untrusted" => vif with { Trusted = false },
                _ => throw Wrong($"\"{word}\" is not understood", Syntax),
            };
        }

        string key = word[..sign].TrimEnd();
        if (!s_keys.TryGetValue(key, out var read))
        {
            string? near = Spelling.Nearest(key, s_keys.Keys);
            throw Wrong($"\"{key}\" is not a key of a vif", near is null ? Syntax : $"did you mean {near}=?");
        }

        return read(this, vif, word[(sign + 1)..].TrimStart());
    }

    private string Mac(string value)
    {
        if (!MacAddress.TryParse(value, out MacAddress address))
        {
            throw Wrong($"mac={value}: expected six pairs of hexadecimal digits", "such as mac=00:16:3e:01:02:03");
        }

        return address.IsStation
            ? address.ToString()
            : throw Wrong($"mac={value}: is a group's address, which no guest can have", "the first pair has to be even, and not all be 00");
    }

    private string Vlans(string value) => VlanPolicy.TryParse(value, out _, out string complaint)
        ? value
        : throw Wrong($"vlan={value}: {complaint}", "such as vlan=10 or vlan=10p/20/100-110");

    private string Rate(string value) => TransmitRate.TryParse(value, out _)
        ? value
        : throw Wrong($"rate={value}: expected a number of GB, MB, KB, B, Gb, Mb, Kb or b per second", "such as rate=10Mb/s or rate=1MB/s@20ms");

    private string[] Addresses(string value)
    {
        string[] words = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.FirstOrDefault(static word => !AntispoofFilter.TryParseAddress(word, out IPNetwork _)) is { } wrong
            ? throw Wrong($"ip={value}: \"{wrong}\" is no address", "such as ip=10.0.0.5, ip=10.0.0.0/24, or several with spaces between")
            : words;
    }

    private string DeviceName(string key, string value) => value.Length <= LongestName && LinkName().IsMatch(value)
        ? value
        : throw Wrong($"{key}={value}: is no name for an interface", $"at most {LongestName} letters, digits, '.', '_' and '-'");

    private string Forward(string value) => PortForward.TryParse(value, out PortForward forward)
        ? forward.ToString()
        : throw Wrong($"{value}: expected HOSTPORT:GUESTPORT", "such as 2222:22, tcp:127.0.0.1:8080:80 or udp:5353:53");

    private int Number(string key, string value, int smallest, int largest) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= smallest && number <= largest
            ? number
            : throw Wrong($"{key}={value}: expected a number from {smallest} to {largest}", null);

    private ProblemException Wrong(string message, string? hint) => new(new Problem("vif-syntax", $"vif: {message}", _where, hint));

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    private static partial Regex LinkName();
}
