// SPDX-License-Identifier: MIT
using Domovoi.KernelImages.Elf;
using Domovoi.KernelImages.Notes;

namespace Domovoi.KernelImages;

/// <summary>An unpacked 64-bit x86 ELF kernel: what to load where, and what it asks of the domain builder.</summary>
/// <remarks>
/// Only the tables are read; the segments stay in the <see cref="Source"/> until a domain is built, and are then read
/// straight into guest memory. Every number was checked against the file's length.
/// <see cref="Caching.KernelCache"/> makes one from any kernel file; <see cref="PvKernel"/> reads the notes for a PV domain.
/// </remarks>
public sealed class KernelImage : IDisposable
{
    private KernelImage(ImageSource source, ElfFile file)
    {
        Source = source;
        EntryPoint = file.EntryPoint;
        Segments = file.Segments;
        Notes = XenNoteReader.Read(file, source);
    }

    public ImageSource Source { get; }

    /// <summary><c>e_entry</c></summary>
    public ulong EntryPoint { get; }

    public IReadOnlyList<LoadSegment> Segments { get; }

    public XenNotes Notes { get; }

    /// <summary>Reads the tables of an unpacked kernel; on success the image owns the source.</summary>
    /// <exception cref="KernelImageException">The bytes are no usable kernel.</exception>
    public static KernelImage Parse(ImageSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new KernelImage(source, ElfFile.Parse(source));
    }

    public void Dispose() => Source.Dispose();
}
