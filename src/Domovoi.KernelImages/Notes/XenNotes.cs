// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;
using Domovoi.Xen.Abi;

namespace Domovoi.KernelImages.Notes;

/// <summary>The ELF notes of owner <c>Xen</c>: what the kernel asks of whoever builds its domain.</summary>
public sealed class XenNotes
{
    private readonly Dictionary<ElfNote, byte[]> _descriptions = [];

    /// <summary>The notes there are, in order of their numbers.</summary>
    public IEnumerable<ElfNote> Present => _descriptions.Keys.Order();

    public bool Has(ElfNote note) => _descriptions.ContainsKey(note);

    /// <summary>A note's number of 1, 2, 4 or 8 bytes; null when the note is absent or of another length.</summary>
    public ulong? Number(ElfNote note) => !_descriptions.TryGetValue(note, out byte[]? bytes) ? null : bytes.Length switch
    {
        1 => bytes[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        8 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _ => null,
    };

    /// <summary>A note's text up to its NUL; null when the note is absent.</summary>
    public string? Text(ElfNote note)
    {
        if (!_descriptions.TryGetValue(note, out byte[]? bytes))
        {
            return null;
        }

        int end = bytes.AsSpan().IndexOf((byte)0);
        return Encoding.Latin1.GetString(bytes, 0, end < 0 ? bytes.Length : end);
    }

    /// <summary>The notes as a person would list them; "none" when there are none.</summary>
    public override string ToString() => _descriptions.Count == 0
        ? "none"
        : string.Join(", ", Present.Select(static note => NameOf(note)));

    internal static string NameOf(ElfNote note) => note switch
    {
        ElfNote.Info => "INFO",
        ElfNote.Entry => "ENTRY",
        ElfNote.HypercallPage => "HYPERCALL_PAGE",
        ElfNote.VirtBase => "VIRT_BASE",
        ElfNote.PaddrOffset => "PADDR_OFFSET",
        ElfNote.XenVersion => "XEN_VERSION",
        ElfNote.GuestOs => "GUEST_OS",
        ElfNote.GuestVersion => "GUEST_VERSION",
        ElfNote.Loader => "LOADER",
        ElfNote.PaeMode => "PAE_MODE",
        ElfNote.Features => "FEATURES",
        ElfNote.BsdSymtab => "BSD_SYMTAB",
        ElfNote.HvStartLow => "HV_START_LOW",
        ElfNote.L1MfnValid => "L1_MFN_VALID",
        ElfNote.SuspendCancel => "SUSPEND_CANCEL",
        ElfNote.InitP2m => "INIT_P2M",
        ElfNote.ModStartPfn => "MOD_START_PFN",
        ElfNote.SupportedFeatures => "SUPPORTED_FEATURES",
        ElfNote.Phys32Entry => "PHYS32_ENTRY",
        ElfNote.Phys32Reloc => "PHYS32_RELOC",
        _ => $"note {(uint)note}",
    };

    internal void Add(ElfNote note, ReadOnlySpan<byte> description) => _descriptions[note] = description.ToArray();
}
