// SPDX-License-Identifier: MIT
using System.Security.Cryptography;
using Domovoi.Linux;

namespace Domovoi.KernelImages.Caching;

/// <summary>Opens kernel files, and keeps each packed one unpacked in a directory, because unpacking takes up to a second.</summary>
/// <remarks>
/// <c>NAME.elf</c> is an unpacked kernel, named after the SHA-256 of the packed file; <c>index/</c> remembers which state of
/// which file has which SHA-256, so that a kernel used before is neither read nor hashed again. Files appear whole, by
/// rename; several processes may share the directory. What is damaged is made anew, and a directory that cannot be
/// written only costs time. Without a directory nothing is kept.
/// </remarks>
public sealed class KernelCache(string? directory, long maximumBytes = KernelCache.DefaultMaximumBytes)
{
    /// <summary>Room for about sixteen distribution kernels.</summary>
    public const long DefaultMaximumBytes = 1L << 30;

    private readonly CacheDirectory? _directory = directory is null ? null : new CacheDirectory(directory, maximumBytes);

    /// <summary>Opens a kernel file of any supported kind.</summary>
    /// <exception cref="KernelImageException">The file cannot be read, or is no usable kernel.</exception>
    public KernelImage Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            return OpenPlain(path) ?? OpenPacked(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or LinuxException)
        {
            throw new KernelImageException(
                "kernel-unreadable", $"The kernel file '{path}' cannot be read: {exception.Message}", null, exception);
        }
    }

    private static KernelImage? OpenPlain(string path)
    {
        FileImage source = new(File.OpenHandle(path));
        Span<byte> start = stackalloc byte[(int)Math.Min(4, source.Length)];
        source.Read(0, start);
        if (KernelUnpacker.IsPlainElf(start))
        {
            return ParseOrDispose(source);
        }

        source.Dispose();
        return null;
    }

    private KernelImage OpenPacked(string path)
    {
        if (_directory is null)
        {
            return KernelImage.Parse(new MemoryImage(KernelUnpacker.Unpack(File.ReadAllBytes(path))));
        }

        FileIdentity identity = FileIdentity.Of(path);
        if (_directory.TryRecall(path, identity, out string? known) && OpenKept(_directory, known) is { } warm)
        {
            return warm;
        }

        byte[] file = File.ReadAllBytes(path);
        string name = Convert.ToHexStringLower(SHA256.HashData(file));
        KernelImage image = OpenKept(_directory, name) ?? Unpack(_directory, file, name);
        _directory.TryRemember(path, identity, name);
        return image;
    }

    /// <summary>An unpacked kernel that is there and sound, or null.</summary>
    private static KernelImage? OpenKept(CacheDirectory directory, string name)
    {
        FileImage? kept = directory.TryOpen(name);
        try
        {
            return kept is null ? null : ParseOrDispose(kept);
        }
        catch (KernelImageException)
        {
            return null;
        }
    }

    private static KernelImage Unpack(CacheDirectory directory, byte[] file, string name)
    {
        if (directory.TryAdd(name, target => KernelUnpacker.Unpack(file, target)) && OpenKept(directory, name) is { } image)
        {
            return image;
        }

        return KernelImage.Parse(new MemoryImage(KernelUnpacker.Unpack(file)));
    }

    private static KernelImage ParseOrDispose(ImageSource source)
    {
        try
        {
            return KernelImage.Parse(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }
}
