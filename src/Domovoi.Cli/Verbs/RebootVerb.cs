// SPDX-License-Identifier: MIT
using System.CommandLine;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl reboot</c></summary>
internal static class RebootVerb
{
    internal static Command Build(Session session) => GuestRequest.Build(
        session,
        new Verb("reboot", "Ask a domain's kernel to reboot.", "dom reboot debian"),
        reason: "reboot");
}
