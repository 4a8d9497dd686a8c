// SPDX-License-Identifier: MIT
using System.CommandLine;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl shutdown</c></summary>
internal static class ShutdownVerb
{
    internal static Command Build(Session session) => GuestRequest.Build(
        session,
        new Verb("shutdown", "Ask a domain's kernel to power off.", "dom shutdown -w debian", "dom shutdown -a"),
        reason: "poweroff");
}
