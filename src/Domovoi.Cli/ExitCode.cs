// SPDX-License-Identifier: MIT
namespace Domovoi.Cli;

/// <summary>xl's exit codes.</summary>
internal static class ExitCode
{
    internal const int Success = 0;

    internal const int Failure = 1;

    /// <summary>The command line itself was wrong.</summary>
    internal const int Usage = 2;

    /// <summary>Nobody read the output to its end; as a shell tells SIGPIPE.</summary>
    internal const int BrokenPipe = 141;
}
