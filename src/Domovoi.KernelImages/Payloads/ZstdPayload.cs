// SPDX-License-Identifier: MIT
using ZstdSharp;

namespace Domovoi.KernelImages.Payloads;

internal static class ZstdPayload
{
    internal static void Unpack(ReadOnlyMemory<byte> payload, Stream output)
    {
        using DecompressionStream stream = new(new MemoryInput(payload), leaveOpen: false);
        stream.CopyTo(output, 1 << 18);
    }
}
