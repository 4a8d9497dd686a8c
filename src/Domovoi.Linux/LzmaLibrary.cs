// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>What liblzma said about a stream: <c>lzma_ret</c> of lzma/base.h.</summary>
public enum LzmaResult
{
    Ok = 0,
    StreamEnd = 1,
    NoCheck = 2,
    UnsupportedCheck = 3,
    MemoryError = 5,
    MemoryLimit = 6,
    FormatError = 7,
    OptionsError = 8,
    CorruptStream = 9,
    TruncatedStream = 10,
    ProgrammingError = 11,
}

/// <summary>liblzma: the only decoder here that reads the kernel's xz streams, which use the x86 BCJ filter.</summary>
public static unsafe partial class LzmaLibrary
{
    /// <summary>The dictionary of the kernel's own xz settings is at most 128 MiB.</summary>
    private const ulong MemoryLimit = 512UL << 20;

    private const int ChunkSize = 256 << 10;
    private const int LZMA_RUN = 0;
    private const int LZMA_FINISH = 3;

    /// <summary>The file whose absence makes <see cref="Decode"/> throw <see cref="DllNotFoundException"/>.</summary>
    public const string FileName = "liblzma.so.5";

    /// <summary>Decodes one stream into <paramref name="output"/>.</summary>
    /// <param name="input">The stream; bytes behind its end are ignored.</param>
    /// <param name="alone">Whether the stream is in the older .lzma format instead of .xz.</param>
    /// <returns><see cref="LzmaResult.StreamEnd"/> when the whole stream was decoded and its checks hold.</returns>
    public static LzmaResult Decode(ReadOnlySpan<byte> input, bool alone, Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        LzmaStream stream = default;
        LzmaResult result = alone
            ? lzma_alone_decoder(&stream, MemoryLimit)
            : lzma_stream_decoder(&stream, MemoryLimit, flags: 0);
        if (result != LzmaResult.Ok)
        {
            return result;
        }

        byte[] chunk = new byte[ChunkSize];
        try
        {
            // SAFETY: both buffers stay pinned while liblzma holds their addresses, which it forgets in lzma_end.
            fixed (byte* next = input, room = chunk)
            {
                stream.NextIn = next;
                stream.AvailableIn = (nuint)input.Length;
                return Run(&stream, room, chunk, output);
            }
        }
        finally
        {
            lzma_end(&stream);
        }
    }

    private static LzmaResult Run(LzmaStream* stream, byte* room, byte[] chunk, Stream output)
    {
        LzmaResult result;
        do
        {
            stream->NextOut = room;
            stream->AvailableOut = (nuint)chunk.Length;
            result = lzma_code(stream, stream->AvailableIn == 0 ? LZMA_FINISH : LZMA_RUN);
            output.Write(chunk, 0, chunk.Length - (int)stream->AvailableOut);
        }
        while (result == LzmaResult.Ok);

        return result;
    }

    [LibraryImport(FileName)]
    private static partial LzmaResult lzma_stream_decoder(LzmaStream* strm, ulong memlimit, uint flags);

    [LibraryImport(FileName)]
    private static partial LzmaResult lzma_alone_decoder(LzmaStream* strm, ulong memlimit);

    [LibraryImport(FileName)]
    private static partial LzmaResult lzma_code(LzmaStream* strm, int action);

    [LibraryImport(FileName)]
    private static partial void lzma_end(LzmaStream* strm);

    /// <summary><c>lzma_stream</c>, lzma/base.h.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 136)]
    private struct LzmaStream
    {
        public byte* NextIn;
        public nuint AvailableIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailableOut;
        public ulong TotalOut;
        public nint Allocator;
        public nint Internal;
    }
}
