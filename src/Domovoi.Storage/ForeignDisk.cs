// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using Domovoi.Linux;
using Domovoi.Storage.Nbd;

namespace Domovoi.Storage;

/// <summary>An image of another format, which qemu-nbd reads and writes for us: qcow2, VHD, VMDK and others.</summary>
/// <remarks>
/// qemu-nbd is ours alone: it listens on a Unix socket of this process's making, ends when we hang up, and is killed by the kernel
/// when the thread that started it dies with this process. It locks the image in its own way; we lock a byte beside that.
/// </remarks>
public sealed class ForeignDisk : IDisk
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);

    private readonly ImageFile _lock;
    private readonly NbdServerProcess _server;
    private readonly NbdDisk _disk;

    private ForeignDisk(ImageFile held, NbdServerProcess server, NbdDisk disk)
    {
        _lock = held;
        _server = server;
        _disk = disk;
    }

    public long Length => _disk.Length;

    public int SectorSize => _disk.SectorSize;

    public bool IsReadOnly => _disk.IsReadOnly;

    public bool CanDiscard => _disk.CanDiscard;

    /// <summary>Starts qemu-nbd for an image.</summary>
    /// <param name="path">The image.</param>
    /// <param name="format">As xl or qemu calls it: <c>qcow2</c>, <c>vhd</c>.</param>
    /// <param name="options">How it is opened.</param>
    /// <exception cref="DiskException">qemu-nbd is not there, or does not take the image.</exception>
    public static ForeignDisk Open(string path, string format, DiskOptions options)
    {
        format = format == "vhd" ? "vpc" : format;
        ImageFile held = RawDisk.OpenFile(path, options with { Direct = false });
        NbdServerProcess? server = null;
        string socket = Path.Combine(Path.GetTempPath(), $"domovoi-nbd-{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            if (!options.Shared)
            {
                DiskLock.Take(held, path, options.ReadOnly, DiskLock.OurByte);
            }

            server = NbdServerProcess.Start(Arguments(path, format, socket, options), path);
            return new ForeignDisk(held, server, Open(server, socket, path, options));
        }
        catch
        {
            server?.Dispose();
            File.Delete(socket);
            held.Dispose();
            throw;
        }
    }

    public int Read(long offset, ReadOnlySpan<IoVector> into) => _disk.Read(offset, into);

    public int Write(long offset, ReadOnlySpan<IoVector> from) => _disk.Write(offset, from);

    public int Flush() => _disk.Flush();

    public int Discard(long offset, long length) => _disk.Discard(offset, length);

    /// <summary>Hangs up, and waits for qemu-nbd to have written what it holds.</summary>
    public void Dispose()
    {
        _disk.Dispose();
        _server.WaitForEnd(EndLimit);
        _server.Dispose();
        _lock.Dispose();
    }

    private static string[] Arguments(string path, string format, string socket, DiskOptions options)
    {
        List<string> arguments = [$"--socket={socket}", "--shared=1", "--aio=threads"];
        arguments.Add(options.Direct ? "--cache=none" : "--cache=writeback");
        arguments.Add(options.Discard ? "--discard=unmap" : "--discard=ignore");
        if (options.ReadOnly)
        {
            arguments.Add("--read-only");
        }

        if (options.Shared)
        {
            return [.. arguments, "--image-opts", $"driver={format},file.driver=file,file.locking=off,file.filename={path.Replace(",", ",,", StringComparison.Ordinal)}"];
        }

        return [.. arguments, $"--format={format}", "--", path];
    }

    /// <summary>Reaches the server. It listens before it looks at the image, and hangs up on us when that is not to its liking.</summary>
    private static NbdDisk Open(NbdServerProcess server, string socket, string image, DiskOptions options)
    {
        try
        {
            return NbdDisk.Open(() => Connect(server, socket, image), "", options, TimeSpan.Zero);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            server.WaitForEnd(EndLimit);
            throw new DiskException("qemu-nbd", $"{image}: qemu-nbd does not take the image: {server.Complaint}");
        }
    }

    /// <summary>Waits until the server listens; its socket's name goes as soon as we are in.</summary>
    private static Socket Connect(NbdServerProcess server, string path, string image)
    {
        long deadline = Environment.TickCount64 + (long)StartLimit.TotalMilliseconds;
        while (true)
        {
            try
            {
                Socket socket = new NbdAddress(null, 0, path, "").Connect();
                File.Delete(path);
                return socket;
            }
            catch (SocketException) when (Environment.TickCount64 < deadline)
            {
                if (server.WaitForEnd(TimeSpan.FromMilliseconds(10)))
                {
                    throw new DiskException("qemu-nbd", $"{image}: qemu-nbd does not take the image: {server.Complaint}");
                }
            }
        }
    }
}
