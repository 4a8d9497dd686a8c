// SPDX-License-Identifier: MIT
using System.IO.Compression;

namespace Domovoi.KernelImages.Payloads;

internal static class GzipPayload
{
    internal static void Unpack(ReadOnlyMemory<byte> payload, Stream output)
    {
        using GZipStream stream = new(new MemoryInput(payload), CompressionMode.Decompress);
        stream.CopyTo(output);
    }
}
