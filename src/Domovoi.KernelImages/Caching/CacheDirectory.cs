// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Domovoi.Linux;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.KernelImages.Caching;

/// <summary>The files of a <see cref="KernelCache"/>. Each method answers false or null when the disk does not play along.</summary>
internal sealed class CacheDirectory(string path, long maximumBytes)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int NameLength = 64;
    private const string Suffix = ".elf";
    private const string TemporarySuffix = ".tmp";
    private const int MaximumIndexEntries = 1024;

    private readonly string _index = Path.Combine(path, "index");

    /// <summary>Recalls the SHA-256 of a file in exactly this state.</summary>
    internal bool TryRecall(string kernel, FileIdentity identity, [NotNullWhen(true)] out string? name)
    {
        name = null;
        try
        {
            string text = File.ReadAllText(Path.Combine(_index, KeyOf(kernel, identity)));
            name = text.Length == NameLength && text.All(char.IsAsciiHexDigitLower) ? text : null;
        }
        catch (Exception exception) when (IsDisk(exception))
        {
        }

        return name is not null;
    }

    internal void TryRemember(string kernel, FileIdentity identity, string name)
    {
        try
        {
            _ = Directory.CreateDirectory(_index, OwnerOnly);
            string temporary = TemporaryName();
            File.WriteAllText(temporary, name);
            File.Move(temporary, Path.Combine(_index, KeyOf(kernel, identity)), overwrite: true);
        }
        catch (Exception exception) when (IsDisk(exception))
        {
        }
    }

    /// <summary>Opens an unpacked kernel whose seal is whole.</summary>
    internal FileImage? TryOpen(string name)
    {
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(PathOf(name), options: FileOptions.SequentialScan);
            if (CacheSeal.TryCheck(file, name, out long length))
            {
                TryTouch(name);
                return new FileImage(file, length);
            }
        }
        catch (Exception exception) when (IsDisk(exception))
        {
        }

        file?.Dispose();
        return null;
    }

    /// <summary>Adds what <paramref name="write"/> writes; a kernel that cannot be unpacked leaves nothing behind.</summary>
    internal bool TryAdd(string name, Action<Stream> write)
    {
        string? temporary = null;
        try
        {
            _ = Directory.CreateDirectory(path, OwnerOnly);
            temporary = TemporaryName();
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                write(new SparseOutput(file));
                CacheSeal.Append(file, name);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, PathOf(name), overwrite: true);
            temporary = null;
            Trim(keep: name);
            return true;
        }
        catch (Exception exception) when (IsDisk(exception))
        {
            return false;
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    /// <summary>Removes the longest unused kernels until the rest fits, and what an interrupted process left behind.</summary>
    private void Trim(string keep)
    {
        DirectoryInfo directory = new(path);
        FileInfo[] kernels = [.. directory.EnumerateFiles("*" + Suffix).OrderByDescending(static file => file.LastWriteTimeUtc)];
        FileInfo kept = kernels.First(file => Path.GetFileNameWithoutExtension(file.Name) == keep);
        long room = maximumBytes - kept.Length;
        foreach (FileInfo file in kernels.Where(file => file != kept))
        {
            room -= file.Length;
            if (room < 0)
            {
                TryDelete(file.FullName);
            }
        }

        DateTime stale = kept.LastWriteTimeUtc - TimeSpan.FromHours(1);
        foreach (FileInfo file in directory.EnumerateFiles("*" + TemporarySuffix).Where(file => file.LastWriteTimeUtc < stale))
        {
            TryDelete(file.FullName);
        }

        TrimIndex();
    }

    private void TrimIndex()
    {
        DirectoryInfo index = new(_index);
        if (index.Exists && index.EnumerateFiles().Count() > MaximumIndexEntries)
        {
            index.Delete(recursive: true);
        }
    }

    private void TryTouch(string name)
    {
        try
        {
            File.SetLastWriteTimeUtc(PathOf(name), TimeProvider.System.GetUtcNow().UtcDateTime);
        }
        catch (Exception exception) when (IsDisk(exception))
        {
        }
    }

    private static void TryDelete(string? file)
    {
        try
        {
            if (file is not null)
            {
                File.Delete(file);
            }
        }
        catch (Exception exception) when (IsDisk(exception))
        {
        }
    }

    private string PathOf(string name) => Path.Combine(path, name + Suffix);

    private string TemporaryName() => Path.Combine(path, Path.GetRandomFileName() + TemporarySuffix);

    private static string KeyOf(string kernel, FileIdentity identity) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFullPath(kernel)}\n{identity}"))));

    private static bool IsDisk(Exception exception) => exception is IOException or UnauthorizedAccessException;
}
