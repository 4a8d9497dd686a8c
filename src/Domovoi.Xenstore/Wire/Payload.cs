// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Domovoi.Xen.Abi;

namespace Domovoi.Xenstore.Wire;

/// <summary>Takes request payloads apart: strings that each end in a NUL, and for <c>XS_WRITE</c> binary data behind the first.</summary>
internal static class Payload
{
    /// <summary>Every string of a payload; null unless it ends in a NUL.</summary>
    internal static string[]? Strings(ReadOnlySpan<byte> payload) =>
        payload.Length > 0 && payload[^1] == 0 ? Encoding.Latin1.GetString(payload[..^1]).Split('\0') : null;

    /// <summary>A payload that is exactly one string.</summary>
    internal static bool TryOne(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out string? text)
    {
        text = Strings(payload) is [var only] ? only : null;
        return text is not null;
    }

    /// <summary>A payload that is a string and then data of any kind.</summary>
    internal static bool TrySplit(ReadOnlySpan<byte> payload, out string text, out ReadOnlySpan<byte> data)
    {
        int end = payload.IndexOf((byte)0);
        text = end < 0 ? "" : Encoding.Latin1.GetString(payload[..end]);
        data = end < 0 ? default : payload[(end + 1)..];
        return end >= 0;
    }

    /// <summary>A decimal domain id; values that no domain can have are refused.</summary>
    internal static bool TryDomain(string text, out DomainId domain)
    {
        bool valid = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort id);
        domain = new DomainId(id);
        return valid && id < DomainId.Self.Value;
    }

    /// <summary>Bytes of strings, each with its NUL.</summary>
    internal static byte[] Of(params IEnumerable<string> strings) =>
        Encoding.Latin1.GetBytes(string.Concat(strings.Select(static s => s + '\0')));
}
