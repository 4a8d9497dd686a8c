// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.State;

/// <summary>
/// Where everything stands in a processor's state block. Translated code reaches the block through RSP, shared code also through GS; C# through
/// <see cref="CpuState"/>, which is its beginning.
/// </summary>
internal static class StateLayout
{
    internal const int Registers = 0x00;
    internal const int Rip = 0x80;
    internal const int FsBase = 0x90;
    internal const int GsBase = 0x98;
    internal const int EsBase = 0xA0;
    internal const int CsBase = 0xA8;
    internal const int SsBase = 0xB0;
    internal const int DsBase = 0xB8;
    internal const int Selectors = 0xC0;
    internal const int ArithmeticFlags = 0xD0;
    internal const int SystemFlags = 0xD8;
    internal const int HostResume = 0xE0;
    internal const int HostStack = 0xE8;
    internal const int Go = 0xF0;
    internal const int Leave = 0xF4;
    internal const int ScratchR14 = 0xF8;
    internal const int ScratchR15 = 0x100;
    internal const int PendingStore = 0x108;
    internal const int GuestMxcsr = 0x10C;
    internal const int HostMxcsr = 0x110;
    internal const int TscAux = 0x114;

    /// <summary>Host address of a slot (u32) for each frame: where the write tables know it, if they do.</summary>
    internal const int WrittenSlots = 0x118;
    internal const int PageMask = 0x120;
    internal const int JumpMask = 0x128;
    internal const int HostFaultRip = 0x130;
    internal const int HostFaultTrap = 0x138;
    internal const int Spill = 0x140;
    internal const int Carried = 0x148;
    internal const int Xcr0 = 0x150;
    internal const int FormedAddress = 0x158;

    /// <summary>Where the emitted page walk keeps the guest's registers meanwhile.</summary>
    internal const int WalkSaved = 0x160;

    /// <summary>Per mode the host address of the top-level page table; 0 when C# must make each walk.</summary>
    internal const int WalkRoots = 0x180;
    internal const int ReservedRoot = 0x190;
    internal const int ReservedFirst = 0x198;
    internal const int ReservedCount = 0x19C;

    /// <summary>The bits that all entries above a page must have for user mode to read it.</summary>
    internal const int UserBits = 0x1A0;
    internal const int FrameMask = 0x1A8;
    internal const int MemoryLength = 0x1B0;
    internal const int MemoryBase = 0x1B8;
    internal const int VectorsResident = 0x1C0;
    internal const int VectorsWereResident = 0x1C4;

    /// <summary>Whether any of the YMM registers' upper halves in the state block may be other than 0.</summary>
    internal const int UppersInUse = 0x1D8;

    /// <summary>The block's own address: RSP of translated code.</summary>
    internal const int Self = 0x1E0;
    internal const int PausesLeft = 0x1E8;

    /// <summary>The arithmetic flags' bits in RFLAGS.</summary>
    internal const int PushedArithmetic = 0x1F0;

    /// <summary>The other flags that PUSHF stores as they are.</summary>
    internal const int PushedSystem = 0x1F8;
    internal const int LowLogged = 0x1C8;
    internal const int HighLogged = 0x1CC;

    /// <summary>Host address of the bytes that mark frames with translated code.</summary>
    internal const int CodeMarks = 0x1D0;

    /// <summary>Sixteen YMM registers, 32 bytes each.</summary>
    internal const int Vectors = 0x200;

    /// <summary>An FXSAVE image, used while the x87 state is looked at.</summary>
    internal const int LegacyArea = 0x400;

    /// <summary>Where accesses are put together that cannot be made in place: 1 KiB and slack.</summary>
    internal const int Bounce = 0x800;
    internal const int BounceSize = 0x600;

    /// <summary>A delta or a host address for each access group of the block that runs.</summary>
    internal const int GroupWords = 0x3400;
    internal const int GroupSlots = 16;

    /// <summary>Where emitted string instructions keep what they need: six words.</summary>
    internal const int StringSaved = 0x3480;

    /// <summary>How many turns (u32) of the loop that runs may follow without new checks.</summary>
    internal const int LoopTurns = 0x34B0;

    /// <summary>Which slots of the data TLB were filled since the last flush: (mode &lt;&lt; 20) | slot (u32), for each half of the address space.</summary>
    internal const int LowLog = 0x130000;
    internal const int HighLog = 0x1B0000;
    internal const int LogCapacity = 0x20000;

    /// <summary>Per mode the identity (u32) of the code page that a virtual page is now: a slot for each page of 1 GiB.</summary>
    internal const int CodeTlb = 0x40_0000;
    internal const int CodeTlbStride = CodeEntries * sizeof(uint);
    internal const int CodeEntries = 1 << 18;

    /// <summary>Per mode pairs of an indirect branch's negated target and where that is on the host, by bits 1 to 17 of the target.</summary>
    internal const int JumpTable = 0x80_0000;
    internal const int JumpStride = JumpEntries * 2 * sizeof(ulong);
    internal const int JumpEntries = 1 << 17;

    /// <summary>Per mode three tables of 64-bit words: <see cref="ReadTags"/>, <see cref="WriteTags"/> and <see cref="Deltas"/>.</summary>
    internal const int DataTlb = 0x100_0000;
    internal const int DataTlbStride = 3 * TableSize;

    /// <summary>Minus the address of the page that may be read.</summary>
    internal const int ReadTags = DataTlb;

    /// <summary>Minus the address of the page that may be written.</summary>
    internal const int WriteTags = DataTlb + TableSize;

    /// <summary>What leads from a linear address of either page to its host address.</summary>
    internal const int Deltas = DataTlb + (2 * TableSize);

    /// <summary>A slot for each page of 4 GiB: its index is a shift of the address's lower half.</summary>
    internal const int TlbEntries = 1 << 20;
    internal const int Size = DataTlb + (2 * DataTlbStride);
    private const int TableSize = TlbEntries * sizeof(ulong);

    /// <summary>The host's stack for translated code lies below the block: return addresses of thunks, and signal frames.</summary>
    internal const int StackSize = 0x40000;
}
