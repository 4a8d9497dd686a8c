// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Runtime.CompilerServices;

namespace Domovoi.Cli.Verbs;

/// <summary>Says which Domovoi this is, and how it was built.</summary>
internal static class VersionVerb
{
    internal static string Number => typeof(VersionVerb).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    internal static Command Build(Session session)
    {
        Verb verb = new("version", "Show the version.", "dom version");
        verb.SetAction(_ =>
        {
            session.Out.WriteLine($"dom {Number} ({(RuntimeFeature.IsDynamicCodeSupported ? "runtime" : "native")} build)");
            return ExitCode.Success;
        });
        return verb;
    }
}
