// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Domovoi.Xen.Abi;

namespace Domovoi.KernelImages.Notes;

/// <summary>The section <c>__xen_guest</c> of kernels from before ELF notes: <c>GUEST_OS=linux,XEN_VER=xen-3.0,VIRT_BASE=0x...</c></summary>
internal static class GuestSection
{
    private const int LongestName = 31;
    private const int LongestValue = 127;
    private const int PageShift = 12;

    /// <summary>Adds to <paramref name="notes"/> what notes of the same meaning would say.</summary>
    internal static void AddTo(XenNotes notes, ReadOnlySpan<byte> section)
    {
        int end = section.IndexOf((byte)0);
        string text = Encoding.Latin1.GetString(end < 0 ? section : section[..end]);
        Dictionary<string, string> values = [];
        foreach (string item in text.Split(','))
        {
            int equals = item.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? item : item[..equals];
            values[Shorten(name, LongestName)] = equals < 0 ? "" : Shorten(item[(equals + 1)..], LongestValue);
        }

        AddTexts(notes, values);
        AddNumbers(notes, values);
    }

    private static void AddTexts(XenNotes notes, Dictionary<string, string> values)
    {
        ReadOnlySpan<(string Name, ElfNote Note)> texts =
        [
            ("LOADER", ElfNote.Loader),
            ("GUEST_OS", ElfNote.GuestOs),
            ("GUEST_VER", ElfNote.GuestVersion),
            ("XEN_VER", ElfNote.XenVersion),
            ("PAE", ElfNote.PaeMode),
            ("BSD_SYMTAB", ElfNote.BsdSymtab),
            ("FEATURES", ElfNote.Features),
        ];
        foreach ((string name, ElfNote note) in texts)
        {
            if (values.TryGetValue(name, out string? value))
            {
                notes.Add(note, Encoding.Latin1.GetBytes(value + "\0"));
            }
        }
    }

    /// <summary>A base without an offset means that <c>p_paddr</c> counts from the base; the hypercall page is told by its number.</summary>
    private static void AddNumbers(XenNotes notes, Dictionary<string, string> values)
    {
        ulong virtualBase = values.TryGetValue("VIRT_BASE", out string? text) ? Number(text) : 0;
        Add(notes, ElfNote.VirtBase, virtualBase);
        Add(notes, ElfNote.PaddrOffset, values.TryGetValue("ELF_PADDR_OFFSET", out text) ? Number(text) : virtualBase);
        if (values.TryGetValue("VIRT_ENTRY", out text))
        {
            Add(notes, ElfNote.Entry, Number(text));
        }

        if (values.TryGetValue("HYPERCALL_PAGE", out text))
        {
            Add(notes, ElfNote.HypercallPage, virtualBase + (Number(text) << PageShift));
        }
    }

    private static void Add(XenNotes notes, ElfNote note, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        notes.Add(note, bytes);
    }

    /// <summary><c>strtoull</c> with base 0: hexadecimal, octal or decimal by its beginning, up to what is no digit.</summary>
    private static ulong Number(string text)
    {
        bool isHexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        int radix = isHexadecimal ? 16 : text.StartsWith('0') ? 8 : 10;
        ulong number = 0;
        foreach (char c in isHexadecimal ? text[2..] : text)
        {
            if (!int.TryParse([c], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int digit) || digit >= radix)
            {
                break;
            }

            number = unchecked((number * (ulong)radix) + (ulong)digit);
        }

        return number;
    }

    private static string Shorten(string text, int length) => text.Length > length ? text[..length] : text;
}
