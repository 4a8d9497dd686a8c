// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Tests;

/// <summary>The test runner's entry point, with the nightly run beside it.</summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments)
    {
        if (arguments is ["nightly", ..])
        {
            return Task.FromResult(Nightly.Run(arguments.AsSpan(1)));
        }

        return arguments.Any(argument => argument is "--server" or "--internal-msbuild-node")
            ? Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
                arguments, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(arguments);
    }
}
