// SPDX-License-Identifier: MIT
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;

namespace Domovoi.Toolstack.Doctor;

/// <summary>What a repair overwrote, block by block: written whole before the disk is touched, so that every state can be put back.</summary>
/// <remarks>A line of JSON, then the old blocks one after the other.</remarks>
internal sealed class UndoFile
{
    private const string Format = "domovoi-doctor-undo 1";
    private const int HashSize = 8;

    private readonly UndoHeader _header;
    private readonly string _path;
    private readonly long _blocksAt;

    private UndoFile(string path, UndoHeader header, long blocksAt) => (_path, _header, _blocksAt) = (path, header, blocksAt);

    /// <summary>The undo file of an image: beside it, or, for a device or a server's, in the user's state.</summary>
    internal static string PathFor(string image)
    {
        bool isAddress = DiskSpecification.IsAddress(image);
        string full = isAddress ? "/nbd-" + Hash(Encoding.UTF8.GetBytes(image)) : Path.GetFullPath(image);
        if (!isAddress && !full.StartsWith("/dev/", StringComparison.Ordinal))
        {
            return full + ".doctor-undo";
        }

        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        string root = Path.IsPathFullyQualified(state ?? "") ? state! : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        string folder = Path.Combine(root, "domovoi", "doctor");
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, full[1..].Replace('/', '-') + ".doctor-undo");
    }

    /// <summary>Keeps the old contents of <paramref name="places"/>; they are on the host's disk when this returns.</summary>
    internal static void Write(string path, GuestDisk disk, int blockSize, IReadOnlyList<long> places, Func<long, byte[]> fresh)
    {
        UndoHeader header = new(Format, TimeProvider.System.GetUtcNow(), blockSize, [.. places], [.. places.Select(place => Hash(fresh(place)))]);
        string part = path + ".part";
        FileStreamOptions secret = new()
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (FileStream file = new(part, secret))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(header, DoctorJson.Default.UndoHeader));
            file.Write("\n"u8);
            byte[] block = new byte[blockSize];
            foreach (long place in places)
            {
                disk.Read(place, block);
                file.Write(block);
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(part, path);
    }

    /// <exception cref="ProblemException">There is none, or it is none.</exception>
    internal static UndoFile Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new ProblemException("doctor-no-undo", $"there is nothing to undo: {path} is not there", "it is written by `dom doctor IMAGE --fix`");
        }

        using FileStream file = File.OpenRead(path);
        using StreamReader reader = new(file);
        string line = reader.ReadLine() ?? "";
        try
        {
            UndoHeader? header = JsonSerializer.Deserialize(line, DoctorJson.Default.UndoHeader);
            long start = Encoding.UTF8.GetByteCount(line) + 1;
            if (header is { Format: Format } && header.Places.Length == header.Written.Length && file.Length == start + ((long)header.Places.Length * header.BlockSize))
            {
                return new UndoFile(path, header, start);
            }
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new ProblemException("doctor-undo-damaged", $"{path} is damaged, or was not written by dom doctor");
    }

    /// <summary>Puts the old blocks back and removes itself.</summary>
    /// <exception cref="ProblemException">Somebody has written to those places since: putting them back would destroy the file system.</exception>
    internal int Restore(GuestDisk disk)
    {
        using FileStream file = File.OpenRead(_path);
        byte[] old = new byte[_header.BlockSize];
        byte[] current = new byte[_header.BlockSize];
        for (int i = 0; i < _header.Places.Length; i++)
        {
            Read(file, _blocksAt + ((long)i * _header.BlockSize), old);
            disk.Read(_header.Places[i], current);
            if (!current.AsSpan().SequenceEqual(old) && Hash(current) != _header.Written[i])
            {
                throw new ProblemException(
                    "doctor-changed", "the disk has been written to since it was repaired, so the repair cannot be taken back as a whole",
                    $"the old files are in the guest, in {DiskSurgery.BackupFolder}; remove {_path} when it is of no use any more");
            }
        }

        for (int i = 0; i < _header.Places.Length; i++)
        {
            Read(file, _blocksAt + ((long)i * _header.BlockSize), old);
            disk.Write(_header.Places[i], old);
        }

        disk.Flush();
        File.Delete(_path);
        return _header.Places.Length;
    }

    internal static void Read(FileStream file, long place, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            int count = RandomAccess.Read(file.SafeFileHandle, into, place);
            if (count <= 0)
            {
                throw new IOException($"{file.Name} ends at byte {place}.");
            }

            place += count;
            into = into[count..];
        }
    }

    private static string Hash(ReadOnlySpan<byte> block) => Convert.ToHexString(SHA256.HashData(block).AsSpan(0, HashSize));
}

/// <summary>The first line of an undo file.</summary>
/// <param name="Format">Names the format and its version.</param>
/// <param name="Made">When.</param>
/// <param name="BlockSize">Bytes.</param>
/// <param name="Places">First byte of each block on the disk.</param>
/// <param name="Written">The start of each new block's SHA-256.</param>
internal sealed record UndoHeader(string Format, DateTimeOffset Made, int BlockSize, long[] Places, string[] Written);

/// <summary>JSON without reflection, which a native program has not.</summary>
[JsonSerializable(typeof(UndoHeader))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class DoctorJson : JsonSerializerContext;
