// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Domovoi.Cli.Verbs;
using Domovoi.Contracts;
using Domovoi.Linux;

namespace Domovoi.Cli;

/// <summary>The table of verbs, and the one place where a failure becomes a message and a code.</summary>
internal sealed class CommandLine
{
    private readonly Session _session = new();

    internal int Run(string[] arguments)
    {
        ParseResult parsed = Build().Parse(PublishedPorts.Distinguish(arguments), new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction or null)
        {
            return Misused(parsed);
        }

        if (UnknownOption(parsed) is { } unknown)
        {
            return Misuse($"Unrecognized option '{unknown}'", $"{NameOf(parsed.CommandResult)} --help");
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = _session.Out,
                Error = _session.Error,
            });
        }
        catch (ProblemException e)
        {
            _session.Fail(e.Problem);
            return ExitCode.Failure;
        }
        catch (BrokenPipeException)
        {
            return ExitCode.BrokenPipe;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            _session.Fail(new Problem("host", e.Message));
            return ExitCode.Failure;
        }
    }

    private RootCommand Build()
    {
        RootCommand root = new("Runs unmodified Xen guests as ordinary processes. The commands are xl's.")
        {
            CreateVerb.Build(_session),
            ConsoleVerb.Build(_session),
            ListVerb.Build(_session),
            DestroyVerb.Build(_session),
            ShutdownVerb.Build(_session),
            RebootVerb.Build(_session),
            PauseVerb.Build(_session),
            UnpauseVerb.Build(_session),
            InfoVerb.Build(_session),
            DomIdVerb.Build(_session),
            DomNameVerb.Build(_session),
            DmesgVerb.Build(_session),
            VcpuListVerb.Build(_session),
            VcpuPinVerb.Build(_session),
            VcpuSetVerb.Build(_session),
            TopVerb.Build(_session),
            DebugVerb.Build(_session),
            BlockAttachVerb.Build(_session),
            BlockDetachVerb.Build(_session),
            BlockListVerb.Build(_session),
            CdInsertVerb.Build(_session),
            CdEjectVerb.Build(_session),
            XenstoreLsVerb.Build(_session),
            XenstoreListVerb.Build(_session),
            XenstoreReadVerb.Build(_session),
            XenstoreWriteVerb.Build(_session),
            XenstoreRmVerb.Build(_session),
            NetworkAttachVerb.Build(_session),
            NetworkDetachVerb.Build(_session),
            NetworkListVerb.Build(_session),
            NetworkVerb.Build(_session),
            TcpdumpVerb.Build(_session),
            TryVerb.Build(_session),
            ImageVerb.Build(_session),
            DoctorVerb.Build(_session),
            HostVerb.Build(_session),
            VersionVerb.Build(_session),
            CompletionVerb.Build(_session),
        };
        root.SetAction(_ => Misuse("a command is missing", "dom --help"));
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        return root;
    }

    /// <summary>The library takes an option it does not know for a domain's name.</summary>
    private static string? UnknownOption(ParseResult parsed) => parsed.Tokens
        .TakeWhile(token => token.Type != TokenType.DoubleDash)
        .FirstOrDefault(token => token.Value is ['-', _, ..] && parsed.CommandResult.Tokens.Contains(token))?.Value;

    private int Misused(ParseResult parsed)
    {
        return Misuse(parsed.Errors[0].Message.TrimEnd('.'), $"{NameOf(parsed.CommandResult)} --help");
    }

    /// <summary>As it is typed: <c>dom image build</c>.</summary>
    private static string NameOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{NameOf(parent)} {result.Command.Name}" : "dom";

    private int Misuse(string what, string help)
    {
        _session.Fail(new Problem("usage", what, Hint: $"`{help}` shows how"));
        return ExitCode.Usage;
    }
}
