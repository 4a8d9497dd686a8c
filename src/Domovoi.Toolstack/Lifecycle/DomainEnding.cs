// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Registry;
using Domovoi.Linux;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Toolstack.Lifecycle;

/// <summary>Waits for a domain's process to be gone, by waiting for its lock: nothing else is as sure.</summary>
public static class DomainEnding
{
    /// <summary>Completes with what is left of the domain. The thread that waits ends with this process at the latest.</summary>
    public static Task<DomainEntry> Watch(DomainEntry entry) => Task.Factory.StartNew(
        () =>
        {
            while (DomainRegistry.IsAlive(entry.Folder))
            {
                FileLock.WaitUntilFree(entry.Folder.Lock);
                FileLock.WaitUntilFree(DomainClaim.PathIn(entry.Folder));
            }

            return entry with { IsAlive = false, Record = DomainRecord.TryRead(entry.Folder) ?? entry.Record };
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    /// <summary>Returns what is left of the domain; null if it is still there after <paramref name="patience"/>.</summary>
    public static DomainEntry? Wait(DomainEntry entry, TimeSpan patience)
    {
        Task<DomainEntry> watch = Watch(entry);
        return watch.Wait(patience) ? watch.Result : null;
    }

    /// <summary>As <see cref="Wait(DomainEntry, TimeSpan)"/>, for as long as it takes.</summary>
    public static DomainEntry Wait(DomainEntry entry) => Watch(entry).GetAwaiter().GetResult();
}
