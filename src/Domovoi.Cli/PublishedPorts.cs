// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Toolstack.Configuration;
using Domovoi.Toolstack.Networks;

namespace Domovoi.Cli;

/// <summary><c>dom create -p 2222:22</c> and <c>dom try -p</c>, beside xl's own <c>-p</c>, which has no argument and leaves the domain paused.</summary>
internal static class PublishedPorts
{
    private const string LongName = "--publish";

    internal static Option<string[]> NewOption() => new(LongName)
    {
        Description = "Lead a port of this host to the guest: 2222:22, tcp:127.0.0.1:8080:80, udp:5353:53. Also as -p.",
        HelpName = "[tcp:|udp:][address:]host-port:guest-port",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>Tells the two meanings of <c>-p</c> apart: a port follows, not a file or another option.</summary>
    internal static string[] Distinguish(string[] arguments)
    {
        string[] words = [.. arguments];
        for (int i = 1; words.Length > 0 && words[0] is "create" or "try" && i < words.Length - 1; i++)
        {
            if (words[i] == "-p" && LooksLikePort(words[i + 1]))
            {
                words[i] = LongName;
            }
        }

        return words;
    }

    /// <summary>The guest with the forwards on its first vif; a guest without any gets one.</summary>
    internal static GuestConfiguration Apply(GuestConfiguration guest, string[] ports)
    {
        if (ports.Length == 0)
        {
            return guest;
        }

        VifConfiguration first = guest.Vifs.Count > 0 ? guest.Vifs[0] : new VifConfiguration();
        first = first with { Forwards = [.. first.Forwards, .. ports.Select(VifParser.ParseForward)] };
        return guest with { Vifs = [first, .. guest.Vifs.Skip(1)] };
    }

    private static bool LooksLikePort(string word) =>
        (word is [>= '0' and <= '9', ..] || word.StartsWith("tcp:", StringComparison.Ordinal) || word.StartsWith("udp:", StringComparison.Ordinal))
        && word.Contains(':', StringComparison.Ordinal) && !File.Exists(word);
}
