// SPDX-License-Identifier: MIT
using SharpCompress.Compressors;
using SharpCompress.Compressors.BZip2;

namespace Domovoi.KernelImages.Payloads;

internal static class Bzip2Payload
{
    internal static void Unpack(ReadOnlyMemory<byte> payload, Stream output)
    {
        using BZip2Stream stream = BZip2Stream.Create(new MemoryInput(payload), CompressionMode.Decompress, false);
        stream.CopyTo(output);
    }
}
