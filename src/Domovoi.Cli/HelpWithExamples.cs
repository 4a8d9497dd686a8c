// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Domovoi.Linux;

namespace Domovoi.Cli;

/// <summary>The library's help, then the verb's examples.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private const int WidthWithoutTerminal = 100;
    private readonly HelpAction _help;

    internal HelpWithExamples(HelpAction help)
    {
        _help = help;
        _help.MaxWidth = Terminal.WindowSize(1)?.Columns ?? WidthWithoutTerminal;
    }

    public override int Invoke(ParseResult parseResult)
    {
        int code = _help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is Verb { Examples: { Count: > 0 } examples })
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (string example in examples)
            {
                output.WriteLine($"  {example}");
            }
        }

        return code;
    }
}
