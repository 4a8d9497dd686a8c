// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>Gets a configuration file into memory, whatever stands at the path.</summary>
public static class ConfigurationText
{
    /// <summary>No real file comes near; a device or a mistaken disk image does.</summary>
    public const int LargestFile = 1 << 20;

    /// <exception cref="ProblemException">The path holds nothing that could be a configuration.</exception>
    public static string Read(string path)
    {
        byte[] bytes = ReadBounded(path);
        return Decode(bytes, path);
    }

    /// <summary>Checks that the bytes are text, and says where they stop being it.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, string path)
    {
        if (bytes.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        int bad = FirstBadByte(bytes);
        if (bad < 0)
        {
            return Encoding.UTF8.GetString(bytes);
        }

        string what = bytes[bad] == 0 ? "a NUL byte" : $"a byte 0x{bytes[bad]:X2} that is not UTF-8";
        throw Mistake.At(
            "config-encoding",
            $"the file contains {what}",
            PositionOf(bytes, bad, path),
            "a configuration file is UTF-8 text; is this the right file?");
    }

    private static byte[] ReadBounded(string path)
    {
        if (Directory.Exists(path))
        {
            throw Mistake.At("config-directory", $"{path}: is a directory, not a configuration file");
        }

        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            byte[] buffer = new byte[LargestFile + 1];
            int length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= LargestFile
                ? buffer[..length]
                : throw Mistake.At(
                    "config-size",
                    $"{path}: is larger than {LargestFile >> 20} MiB, which no configuration file is",
                    hint: "give the .cfg file, not a kernel or a disk image");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Mistake.At("config-missing", $"{path}: no such configuration file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Mistake.At("config-unreadable", $"{path}: cannot be read: {e.Message}");
        }
    }

    private static int FirstBadByte(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length;)
        {
            if (bytes[i] == 0 || Rune.DecodeFromUtf8(bytes[i..], out _, out int used) != System.Buffers.OperationStatus.Done)
            {
                return i;
            }

            i += used;
        }

        return -1;
    }

    private static SourcePosition PositionOf(ReadOnlySpan<byte> bytes, int index, string path)
    {
        ReadOnlySpan<byte> before = bytes[..index];
        int lineStart = before.LastIndexOf((byte)'\n') + 1;
        return new SourcePosition(path, before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[lineStart..]) + 1);
    }
}
