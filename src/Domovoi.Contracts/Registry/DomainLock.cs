// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Registry;

/// <summary>The life of a domain's process as a file lock (flock(2), which .NET's file sharing modes are made of).</summary>
public sealed class DomainLock : IDisposable
{
    private const int Attempts = 50;
    private readonly FileStream _file;

    private DomainLock(FileStream file) => _file = file;

    /// <summary>Takes the lock for the life of this process; null when another process has it.</summary>
    /// <remarks>Somebody who asks <see cref="IsHeld"/> has it shared for an instant, so a refusal is tried again for a while.</remarks>
    public static DomainLock? TryTake(DomainFolder folder)
    {
        for (int i = 0; i < Attempts; i++)
        {
            try
            {
                return new DomainLock(
                    new FileStream(folder.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
            {
                Thread.Sleep(1);
            }
        }

        return null;
    }

    /// <summary>Whether a process has the lock: whether the domain lives.</summary>
    public static bool IsHeld(DomainFolder folder)
    {
        try
        {
            using FileStream probe = new(folder.Lock, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _file.Dispose();
}
