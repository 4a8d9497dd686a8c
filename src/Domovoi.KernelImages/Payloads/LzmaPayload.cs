// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages.Payloads;

internal static class LzmaPayload
{
    internal static void Unpack(ReadOnlyMemory<byte> payload, Stream output) =>
        XzPayload.Decode("lzma", payload, alone: true, output);
}
