// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Cli.Consoles;
using Domovoi.Contracts;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl console</c></summary>
internal static class ConsoleVerb
{
    private static readonly Option<string> Kind = new("-t") { Description = "The console's type; only pv exists.", HelpName = "type" };
    private static readonly Option<int> Number = new("-n") { Description = "The console's number; only 0 exists.", HelpName = "number" };
    private static readonly Option<string> Escape = new("-e") { Description = "The key that leaves: ^ and a letter.", HelpName = "escape" };

    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Verb verb = new(
            "console",
            "Attach to a domain's console. Ctrl-] leaves; the domain goes on. Several viewers share one console.",
            "dom console debian",
            "dom console debian < /dev/null | tee boot.log")
        {
            domain, Kind, Number, Escape,
        };
        verb.SetAction(parsed =>
        {
            if (parsed.GetValue(Kind) is not (null or "pv") || parsed.GetValue(Number) != 0)
            {
                throw new ProblemException("console-type", "PV guests have one console: type pv, number 0");
            }

            byte escape = ParseEscape(parsed.GetValue(Escape));
            using ConsoleViewer viewer = ConsoleViewer.Open(session.Registry.Living(parsed.GetValue(domain)!), escape);
            return viewer.Run().Report(session);
        });
        return verb;
    }

    private static byte ParseEscape(string? text) => text switch
    {
        null => ConsoleViewer.DefaultEscape,
        ['^', var key] when char.ToUpperInvariant(key) is >= '@' and <= '_' => (byte)(char.ToUpperInvariant(key) & 0x1F),
        [var key] when char.IsAscii(key) => (byte)key,
        _ => throw new ProblemException("console-escape", $"'{text}' is not a key", "write it as ^] or ^a"),
    };
}
