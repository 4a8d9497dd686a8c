// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Cases;

/// <summary>Registers, memory and a few instructions: what one run on either processor starts from.</summary>
/// <remarks>
/// Instructions name branch targets by the <c>IP</c> of another instruction of the case, or an absolute address; <see cref="Assemble"/>
/// gives them their places. The jump to the exit is appended there.
/// </remarks>
internal sealed class CpuCase
{
    internal List<Instruction> Program { get; init; } = [];

    internal bool Is64Bit { get; init; } = true;

    /// <summary>Where the first instruction lies, in <see cref="AddressMap.Code"/> or its alias.</summary>
    internal ulong Start { get; set; } = AddressMap.Code + 0x100;

    internal ulong[] General { get; init; } = new ulong[16];

    internal ulong Rflags { get; set; } = 0x202;

    internal byte[] Xsave { get; init; } = XsaveImage.Initial();

    /// <summary>Contents of the three data pages, shared between cases.</summary>
    internal byte[] Data { get; init; } = DataImages.Random;

    /// <summary>Bytes that differ from <see cref="Data"/>.</summary>
    internal List<(ulong Address, byte[] Bytes)> Patches { get; init; } = [];

    /// <summary>Branches keep the length they were given, even if a shorter one would do.</summary>
    internal bool KeepsBranchLengths { get; init; }

    /// <summary>RFLAGS bits that the program leaves undefined.</summary>
    internal ulong UndefinedFlags { get; set; }

    /// <summary>Memory that may differ: addresses of instructions that a register image holds, and the like.</summary>
    internal List<(ulong Address, int Length)> Ignored { get; init; } = [];

    /// <summary>A fault tells the page only: how a processor cuts a large image into accesses is its own business.</summary>
    internal bool FaultsByPage { get; set; }

    /// <summary>Bytes to put in the place of the first instruction, which must be what they decode to.</summary>
    internal byte[]? RawBytes { get; set; }

    /// <summary>The code pages as <see cref="Assemble"/> left them.</summary>
    internal byte[] CodeImage { get; } = new byte[AddressMap.CodeLength];

    /// <summary>Where each instruction of <see cref="Program"/> begins.</summary>
    internal ulong[] Addresses { get; private set; } = [];

    internal int Bitness => Is64Bit ? 64 : 32;

    /// <summary>Encodes the program; false when an instruction or a branch has no encoding here.</summary>
    internal bool TryAssemble(out string? problem)
    {
        Array.Fill(CodeImage, (byte)0xCC);
        var instructions = new List<Instruction>(Program);
        Instruction leave = Instruction.CreateBranch(
            Is64Bit ? Code.Jmp_rel32_64 : Code.Jmp_rel32_32, Is64Bit ? AddressMap.Exit64 : AddressMap.Exit32);
        leave.IP = ExitLabel;
        instructions.Add(leave);
        if (RawBytes is not null)
        {
            instructions[0] = Instruction.CreateDeclareByte(RawBytes) with { IP = Program[0].IP };
        }

        var writer = new ImageWriter(CodeImage, (int)(Start & (AddressMap.CodeLength - 1)));
        var block = new InstructionBlock(writer, instructions, Start);
        BlockEncoderOptions options = BlockEncoderOptions.ReturnNewInstructionOffsets
            | (KeepsBranchLengths ? BlockEncoderOptions.DontFixBranches : BlockEncoderOptions.None);
        if (!BlockEncoder.TryEncode(Bitness, block, out problem, out BlockEncoderResult result, options))
        {
            return false;
        }

        if (writer.Overflowed || Array.IndexOf(result.NewInstructionOffsets, uint.MaxValue) >= 0)
        {
            problem = "does not fit";
            return false;
        }

        Addresses = [.. result.NewInstructionOffsets.Select(offset => Start + offset)];
        return true;
    }

    /// <summary>Takes an assembled program as it is.</summary>
    internal void UseImage(ReadOnlySpan<byte> image, ulong[] addresses)
    {
        image.CopyTo(CodeImage);
        Addresses = addresses;
    }

    /// <summary>
    /// A 32-bit case as 64-bit code that does the same, for hosts whose kernel runs no 32-bit code; null for a 64-bit case.
    /// </summary>
    internal CpuCase? Twin { get; private set; }

    /// <summary>Makes <see cref="Twin"/>; false when an instruction has no 64-bit form.</summary>
    internal bool TryMakeTwin()
    {
        CpuCase twin = WithProgram(Program, is64Bit: true);
        twin.UndefinedFlags = UndefinedFlags;
        Twin = twin.TryAssemble(out _) ? twin : null;
        return Twin is not null;
    }

    /// <summary>The <c>IP</c> that stands for the end of the program.</summary>
    internal const ulong ExitLabel = 0xFFFF;

    /// <summary>Encodes a program that must have an encoding.</summary>
    internal void Assemble()
    {
        if (!TryAssemble(out string? problem))
        {
            throw new InvalidOperationException(problem);
        }
    }

    /// <summary>The data pages at the start of the case.</summary>
    internal void FillData(Span<byte> destination)
    {
        Data.CopyTo(destination);
        foreach ((ulong address, byte[] bytes) in Patches)
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                int offset = AddressMap.DataOffset(address + (ulong)i);
                if (offset >= 0)
                {
                    destination[offset] = bytes[i];
                }
            }
        }
    }

    /// <summary>A case written with Iced's assembler.</summary>
    internal static CpuCase Of(Action<Assembler> write, int bitness = 64)
    {
        var assembler = new Assembler(bitness);
        write(assembler);
        var test = new CpuCase { Program = [.. assembler.Instructions], Is64Bit = bitness == 64 };
        test.General[4] = AddressMap.Data + 0xF00;
        return test;
    }

    internal CpuCase With(AssemblerRegister64 register, ulong value)
    {
        General[register.Value - Register.RAX] = value;
        return this;
    }

    /// <summary>The same case with another program.</summary>
    internal CpuCase WithProgram(List<Instruction> program) => WithProgram(program, Is64Bit);

    private CpuCase WithProgram(List<Instruction> program, bool is64Bit) => new()
    {
        Program = program,
        Is64Bit = is64Bit,
        Start = Start,
        General = General,
        Rflags = Rflags,
        Xsave = Xsave,
        Data = Data,
        Patches = Patches,
        KeepsBranchLengths = KeepsBranchLengths,
        UndefinedFlags = UndefinedFlags,
        Ignored = Ignored,
        FaultsByPage = FaultsByPage,
        RawBytes = program.Count == Program.Count ? RawBytes : null,
    };

    private sealed class ImageWriter(byte[] image, int position) : CodeWriter
    {
        private int _position = position;

        internal bool Overflowed { get; private set; }

        public override void WriteByte(byte value)
        {
            if (_position >= image.Length)
            {
                Overflowed = true;
                return;
            }

            image[_position++] = value;
        }
    }
}
