// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Registry;

/// <summary>The lock around choosing ids, claiming names and sweeping. It is held for milliseconds.</summary>
internal static class RegistryGate
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    internal static FileStream Enter(RunDirectory directory)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(directory.RegistryLock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(start) < Patience && Directory.Exists(directory.Path))
            {
                Thread.Sleep(2);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ProblemException("run-directory", $"the run directory {directory.Path} cannot be locked: {e.Message}");
            }
        }
    }
}
