// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Registry;
using Domovoi.Linux;

namespace Domovoi.Toolstack.Registry;

/// <summary>The lock around choosing ids, claiming names and sweeping. It is held for milliseconds.</summary>
internal static class RegistryGate
{
    internal static FileLock Enter(RunDirectory directory)
    {
        try
        {
            return FileLock.Take(directory.RegistryLock);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            throw new ProblemException("run-directory", $"the run directory {directory.Path} cannot be locked: {e.Message}");
        }
    }
}
