// SPDX-License-Identifier: MIT
using Domovoi.Linux;

namespace Domovoi.KernelImages.Payloads;

internal static class XzPayload
{
    internal static void Unpack(ReadOnlyMemory<byte> payload, Stream output) => Decode("xz", payload, alone: false, output);

    /// <summary>liblzma reads both of its formats; this is the one place that words its failures.</summary>
    internal static void Decode(string name, ReadOnlyMemory<byte> payload, bool alone, Stream output)
    {
        LzmaResult result;
        try
        {
            result = LzmaLibrary.Decode(payload.Span, alone, output);
        }
        catch (DllNotFoundException exception)
        {
            throw new KernelImageException(
                "lzma-library-missing",
                $"The kernel is packed with {name}; {LzmaLibrary.FileName} is needed to unpack it and is not installed.",
                "Install liblzma (Debian: liblzma5), or use a kernel packed with gzip, zstd or lz4.",
                exception);
        }

        if (result != LzmaResult.StreamEnd)
        {
            throw KernelImageException.Corrupt(
                $"The kernel's {name} payload is damaged: liblzma reports {result}; the end of a whole stream was expected.");
        }
    }
}
