// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.CodeStore;

/// <summary>The directory where the stores of all guests lie.</summary>
internal static class StoreDirectory
{
    internal const string TemporarySuffix = ".tmp";

    private const long MaximumBytes = 1L << 30;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    internal static void Create(string directory) => _ = Directory.CreateDirectory(directory, OwnerOnly);

    /// <summary>Removes the longest unused stores until the rest fits, and what an interrupted process left behind.</summary>
    /// <param name="keep">Stays in any case.</param>
    internal static void Trim(string directory, string keep)
    {
        FileInfo kept = new(keep);
        FileInfo[] others = [.. kept.Directory!.EnumerateFiles().Where(file => file.FullName != kept.FullName)
            .OrderByDescending(static file => file.LastWriteTimeUtc)];
        DateTime stale = kept.LastWriteTimeUtc - TimeSpan.FromHours(1);
        long room = MaximumBytes - kept.Length;
        foreach (FileInfo file in others)
        {
            bool isTemporary = file.Name.EndsWith(TemporarySuffix, StringComparison.Ordinal);
            room -= isTemporary ? 0 : file.Length;
            if (isTemporary ? file.LastWriteTimeUtc < stale : room < 0)
            {
                TryDelete(file.FullName);
            }
        }
    }

    internal static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }
}
