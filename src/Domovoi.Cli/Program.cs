// SPDX-License-Identifier: MIT
using Domovoi.Cli;
using Domovoi.Cli.Consoles;

return args is [TerminalGuard.Verb, var settings] ? TerminalGuard.Run(settings) : new CommandLine().Run(args);
