// SPDX-License-Identifier: MIT
namespace Domovoi.Fuzz;

/// <summary>The test runner's entry point, with the long run beside it.</summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments)
    {
        if (arguments is ["fuzz", ..])
        {
            return Task.FromResult(new FuzzCommand(Console.Out).Run(arguments.AsSpan(1)));
        }

        return arguments.Any(argument => argument is "--server" or "--internal-msbuild-node")
            ? Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(
                arguments, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(arguments);
    }
}
