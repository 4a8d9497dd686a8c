// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Run;

/// <summary>What an instruction that left translated code wanted, decoded (SDM 2 names).</summary>
/// <remarks>
/// "Number" is <see cref="ExitDetails.Number"/>, "value" <see cref="ExitDetails.Value"/>. A result goes back by
/// <see cref="VirtualCpu.Complete"/>, which writes the destination operand and moves RIP behind the instruction.
/// </remarks>
public enum PrivilegedOperation
{
    /// <summary>CPUID: the handler sets RAX, RBX, RCX and RDX and calls <see cref="VirtualCpu.Skip"/>.</summary>
    Cpuid,

    /// <summary>RDTSC or RDTSCP while <see cref="VirtualCpu.TimeStampDisabled"/> is set.</summary>
    ReadTimeStamp,

    /// <summary>RDPMC: number is ECX.</summary>
    ReadPerformanceCounter,

    /// <summary>RDMSR: number is ECX. The handler sets RAX and RDX.</summary>
    ReadMsr,

    /// <summary>WRMSR: number is ECX, value is EDX:EAX.</summary>
    WriteMsr,

    /// <summary>XSETBV: number is ECX, value is EDX:EAX.</summary>
    WriteExtendedControl,

    /// <summary>MOV r, CRn: number is n; complete with the value.</summary>
    ReadControl,

    /// <summary>MOV CRn, r: number is n, value the new contents.</summary>
    WriteControl,

    /// <summary>MOV r, DRn: number is n; complete with the value.</summary>
    ReadDebug,

    /// <summary>MOV DRn, r: number is n, value the new contents.</summary>
    WriteDebug,

    /// <summary>CLTS.</summary>
    ClearTaskSwitched,

    /// <summary>SMSW: complete with the low bits of CR0.</summary>
    StoreMachineStatus,

    /// <summary>LMSW: value is the operand.</summary>
    LoadMachineStatus,

    /// <summary>CLI.</summary>
    ClearInterruptFlag,

    /// <summary>STI.</summary>
    SetInterruptFlag,

    /// <summary>HLT.</summary>
    Halt,

    /// <summary>IN, also of a string (<see cref="ExitDetails.IsString"/>): number is the port, <see cref="ExitDetails.Size"/> in bytes; complete with the value.</summary>
    PortIn,

    /// <summary>OUT, also of a string: number is the port, value the data.</summary>
    PortOut,

    /// <summary>MOV sreg, r/m or POP sreg: number is the segment register (ES CS SS DS FS GS = 0 to 5), value the selector.</summary>
    LoadSegment,

    /// <summary>LSS, LFS, LGS, LES, LDS: number is the segment register, selector in <see cref="ExitDetails.Selector"/>, value the offset for the general register.</summary>
    LoadFarPointer,

    /// <summary>Far JMP: selector and value (the new RIP).</summary>
    FarJump,

    /// <summary>Far CALL: selector and value (the new RIP).</summary>
    FarCall,

    /// <summary>Far RET: value is the number of argument bytes to drop; <see cref="ExitDetails.Size"/> the operand size in bytes.</summary>
    FarReturn,

    /// <summary>IRET, IRETD or IRETQ: size is the operand size in bytes.</summary>
    InterruptReturn,

    /// <summary>SYSRET.</summary>
    Sysret,

    /// <summary>SWAPGS.</summary>
    SwapGs,

    /// <summary>LAR: value is the selector; complete with the access rights, or <see cref="VirtualCpu.SkipWithZeroFlag"/>.</summary>
    LoadAccessRights,

    /// <summary>LSL: value is the selector.</summary>
    LoadSegmentLimit,

    /// <summary>VERR: value is the selector; answer by <see cref="VirtualCpu.SkipWithZeroFlag"/>.</summary>
    VerifyRead,

    /// <summary>VERW: value is the selector.</summary>
    VerifyWrite,

    /// <summary>SGDT: <see cref="ExitDetails.FaultAddress"/> is the operand's linear address.</summary>
    StoreGlobalDescriptorTable,

    /// <summary>SIDT.</summary>
    StoreInterruptDescriptorTable,

    /// <summary>SLDT: complete with the selector.</summary>
    StoreLocalDescriptorTable,

    /// <summary>STR: complete with the selector.</summary>
    StoreTaskRegister,

    /// <summary>LGDT, LIDT, LLDT, LTR.</summary>
    LoadDescriptorTable,

    /// <summary>INVLPG: <see cref="ExitDetails.FaultAddress"/> is the linear address.</summary>
    InvalidatePage,

    /// <summary>WBINVD, INVD, WBNOINVD.</summary>
    WriteBackCaches,

    /// <summary>XGETBV with an index other than those the engine answers itself.</summary>
    ReadExtendedControl,

    /// <summary>POPF in 64-bit mode that changes IOPL, or another instruction the engine knows no meaning for. Answer with #GP or #UD.</summary>
    Other,
}
