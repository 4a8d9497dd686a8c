// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;
using Domovoi.GuestDisks;
using Domovoi.Linux;
using Domovoi.Storage;
using Domovoi.Storage.Nbd;

namespace Domovoi.Toolstack.Doctor;

/// <summary>A guest's disk outside of a domain: whatever a configuration can name, read and written in pieces of any size.</summary>
/// <remarks>For one thread. Opened for writing it is locked as a domain locks it; for reading it takes no lock, and may be in use.</remarks>
public sealed class GuestDisk : DiskReader
{
    private const int BufferSize = 1 << 20;
    private const int Alignment = 4096;
    private const long PieceSize = 1 << 16;
    private const int MostPieces = 256;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Dictionary<long, byte[]> _pieces = [];
    private readonly IDisk _disk;
    private readonly nint _memory;
    private readonly nint _buffer;
    private bool _isClosed;

    private GuestDisk(string target, string? rawPath, IDisk disk)
    {
        (Target, RawPath, _disk) = (target, rawPath, disk);
        _memory = Marshal.AllocHGlobal(BufferSize + Alignment);
        _buffer = (_memory + Alignment - 1) & ~(nint)(Alignment - 1);
    }

    public override long Length => _disk.Length;

    /// <summary>As a person named it.</summary>
    internal string Target { get; }

    /// <summary>Where its bytes lie as the guest sees them, for programs that read files; null if they do so nowhere.</summary>
    internal string? RawPath { get; }

    /// <summary>Opens a raw image, a block device, an image of another format, or an export of an NBD server.</summary>
    /// <param name="target">A path, or the server's address.</param>
    /// <param name="format">As the configuration says it; null for raw, if the image does not look like something else.</param>
    /// <param name="forWriting">Alone; else beside whoever uses it.</param>
    /// <exception cref="ProblemException">It cannot be had.</exception>
    public static GuestDisk Open(string target, DiskFormat? format, bool forWriting)
    {
        DiskOptions options = new(ReadOnly: !forWriting, Shared: !forWriting, Direct: false, Discard: false);
        try
        {
            if (DiskSpecification.IsAddress(target))
            {
                return format is null or DiskFormat.Raw
                    ? new GuestDisk(target, null, NbdDisk.Open(NbdAddress.Parse(target), options, Patience))
                    : throw new ProblemException("disk-format", $"{target} is served by NBD, which gives raw disks", "leave --format out");
            }

            string path = Path.GetFullPath(target);
            if (forWriting && File.Exists(path))
            {
                DiskUse.Refuse(path);
            }

            if (format is { } foreign and not DiskFormat.Raw)
            {
                return new GuestDisk(target, null, ForeignDisk.Open(path, foreign.ToString().ToLowerInvariant(), options));
            }

            GuestDisk disk = new(target, path, Storage.RawDisk.Open(path, options));
            try
            {
                return format is null && ImageSignature.Of(disk) is { } found ? throw LooksLike(target, found) : disk;
            }
            catch
            {
                disk.Dispose();
                throw;
            }
        }
        catch (DiskException e)
        {
            throw new ProblemException(e.Code, e.Message, e.Hint);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new ProblemException("disk-unreadable", $"{target} cannot be opened: {e.Message}");
        }
    }

    /// <summary>Writes; on the host's disk after <see cref="Flush"/>.</summary>
    internal void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        for (long number = offset / PieceSize; number * PieceSize < offset + bytes.Length; number++)
        {
            _pieces.Remove(number);
        }

        while (!bytes.IsEmpty)
        {
            (IoVector vector, long start, int skip, int count) = Part(offset, bytes.Length);
            if (count != vector.Length)
            {
                Check(_disk.Read(start, [vector]), "read", start);          // the rest of a sector that is written in part
            }

            bytes[..count].CopyTo(vector.Bytes[skip..]);
            Check(_disk.Write(start, [vector]), "write", start);
            offset += count;
            bytes = bytes[count..];
        }
    }

    internal void Flush() => Check(_disk.Flush(), "flush", 0);

    protected override void Fill(long offset, Span<byte> destination)
    {
        while (RawPath is null && !destination.IsEmpty)
        {
            (long number, long place) = Math.DivRem(offset, PieceSize);
            int count = (int)Math.Min(destination.Length, PieceSize - place);
            Piece(number).AsSpan((int)place, count).CopyTo(destination);
            offset += count;
            destination = destination[count..];
        }

        FillDirectly(offset, destination);
    }

    /// <summary>A server is asked for large pieces, and for each only once: a file system is read in very many small ones.</summary>
    private byte[] Piece(long number)
    {
        if (!_pieces.TryGetValue(number, out byte[]? piece))
        {
            if (_pieces.Count == MostPieces)
            {
                _pieces.Clear();
            }

            long start = number * PieceSize;
            piece = new byte[Math.Min(PieceSize, Length - start)];
            FillDirectly(start, piece);
            _pieces.Add(number, piece);
        }

        return piece;
    }

    private void FillDirectly(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (IoVector vector, long start, int skip, int count) = Part(offset, destination.Length);
            Check(_disk.Read(start, [vector]), "read", start);
            vector.Bytes.Slice(skip, count).CopyTo(destination);
            offset += count;
            destination = destination[count..];
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isClosed)
        {
            _isClosed = true;
            _disk.Dispose();
            Marshal.FreeHGlobal(_memory);
        }

        base.Dispose(disposing);
    }

    /// <summary>The whole sectors around as much of a range as the buffer holds.</summary>
    private (IoVector Vector, long Start, int Skip, int Count) Part(long offset, int length)
    {
        long sector = _disk.SectorSize;
        long start = offset / sector * sector;
        int skip = (int)(offset - start);
        int count = Math.Min(length, BufferSize - skip - (int)sector);
        long end = Math.Min(Length, (offset + count + sector - 1) / sector * sector);
        return (new IoVector(_buffer, (nint)(end - start)), start, skip, count);
    }

    private void Check(int error, string work, long place)
    {
        if (error != 0)
        {
            throw new ProblemException("disk-unreadable", $"{Target}: the host cannot {work} at byte {place}: {LinuxException.TextOf(error)}");
        }
    }

    private static ProblemException LooksLike(string target, string format) => new(
        "disk-format",
        $"{target} looks like a {format} image",
        $"add --format {format} if it is one, --format raw if not: a guest can write anything on its raw disk, so this is not guessed");
}
