// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Instructions as no assembler writes them: more prefixes, other ModRM bytes, flipped bits.</summary>
internal sealed class MutationGenerator(Random random)
{
    private static readonly byte[] _prefixes =
        [0x66, 0x67, 0xF2, 0xF3, 0xF0, 0x2E, 0x3E, 0x26, 0x36, 0x64, 0x65, 0x40, 0x41, 0x44, 0x48, 0x4F];

    private static readonly Code[] _codes =
        [.. InstructionCatalog.Testable(64).Where(code => code.FlowControl() == FlowControl.Next && !code.ToOpCode().IsSaveRestore)];

    private readonly FormGenerator _forms = new(random);

    internal CpuCase? TryCreate()
    {
        CpuCase? test = _forms.TryCreate(_codes[random.Next(_codes.Length)], 64);
        if (test is null)
        {
            return null;
        }

        int start = (int)(test.Start & (AddressMap.CodeLength - 1));
        List<byte> bytes = [.. test.CodeImage.AsSpan(start, (int)(test.Addresses[1] - test.Addresses[0]))];
        Mutate(bytes);
        byte[] raw = [.. bytes];
        if (raw.Length > 15 || !TryDecode(raw, test, out Instruction decoded))
        {
            return null;
        }

        decoded.IP = test.Program[0].IP;
        test.Program[0] = decoded;
        test.RawBytes = raw;
        return FlagTaint.TryAnalyze(test) && test.TryAssemble(out _) ? test : null;
    }

    private void Mutate(List<byte> bytes)
    {
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            switch (random.Next(4))
            {
                case 0:
                    bytes[random.Next(bytes.Count)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[random.Next(bytes.Count)] = (byte)random.Next(256);
                    break;
                default:
                    bytes.Insert(0, _prefixes[random.Next(_prefixes.Length)]);
                    break;
            }
        }
    }

    /// <summary>Whether the bytes are one instruction that may be compared, or none at all.</summary>
    private static bool TryDecode(byte[] raw, CpuCase test, out Instruction decoded)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(raw), test.Start);
        decoded = decoder.Decode();
        if (decoder.LastError == DecoderError.NoMoreBytes || (decoded.Length != raw.Length && !decoded.IsInvalid))
        {
            return false;
        }

        if (decoded.IsInvalid)
        {
            // Hosts know instructions the guest is not offered, EVEX and XOP, and are lax about VEX.W; and short enough that what
            // follows the bytes makes nothing longer than 15. All else must be undefined on both.
            return raw.Length <= 4 && !raw.AsSpan().ContainsAny((ReadOnlySpan<byte>)[0x62, 0x8F, 0xC4, 0xC5]);
        }

        // PAUSE with REX.B: this decoder says PAUSE, processors say XCHG R8, RAX.
        if (decoded.Mnemonic == Mnemonic.Pause && raw.Length > 2)
        {
            return false;
        }

        return InstructionCatalog.ReasonToExclude(decoded.Code, 64) is null && decoded.FlowControl == FlowControl.Next
            && !decoded.IsSaveRestoreInstruction && decoded.Mnemonic is not (Mnemonic.Fldcw or Mnemonic.Ldmxcsr or Mnemonic.Vldmxcsr
                or Mnemonic.Fnstenv or Mnemonic.Fldenv or Mnemonic.Fnsave or Mnemonic.Frstor or Mnemonic.Popf or Mnemonic.Popfq)
            && !decoded.Code.CpuidFeatures().Any(feature => feature is CpuidFeature.XSAVE or CpuidFeature.XSAVEC
                or CpuidFeature.XSAVEOPT or CpuidFeature.FXSR);
    }
}
