// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Backends.Disks;
using Domovoi.GuestDisks;
using Domovoi.Linux;

namespace Domovoi.DomainHost.BootLoaders;

/// <summary>Reads a virtual disk as the guest will, before there is a guest: whatever its format, through the same open image.</summary>
internal sealed class DeviceReader : DiskReader
{
    private const int BufferSize = 1 << 20;
    private const int Alignment = 4096;                     // what O_DIRECT may ask for

    private readonly BlockDevice _device;
    private readonly nint _memory;
    private readonly nint _buffer;
    private bool _isClosed;

    internal DeviceReader(BlockDevice device)
    {
        _device = device;
        _memory = Marshal.AllocHGlobal(BufferSize + Alignment);
        _buffer = (_memory + Alignment - 1) & ~(nint)(Alignment - 1);
    }

    public override long Length => _device.Length;

    protected override void Fill(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            long start = offset & ~(long)(Alignment - 1);
            int skip = (int)(offset - start);
            int count = Math.Min(destination.Length, BufferSize - skip);
            long end = Math.Min(_device.Length, (offset + count + Alignment - 1) & ~(long)(Alignment - 1));
            IoVector vector = new(_buffer, (nint)(end - start));
            int error = _device.Read(start, [vector]);
            if (error != 0)
            {
                throw new GuestDiskException("disk-unreadable", $"The host cannot read the disk at byte {start}: error {error}.");
            }

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
            Marshal.FreeHGlobal(_memory);
        }

        base.Dispose(disposing);
    }
}
