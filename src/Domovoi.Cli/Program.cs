// SPDX-License-Identifier: MIT
using Domovoi.Cli;
using Domovoi.Cli.Consoles;

return args is [TerminalGuard.Verb, var terminal, var settings] ? TerminalGuard.Run(terminal, settings) : new CommandLine().Run(args);
