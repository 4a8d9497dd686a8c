// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>struct start_info</c> of a 64-bit guest, xen.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct StartInfo
{
    /// <summary>Bytes of the whole structure.</summary>
    public const int Size = 1168;

    /// <summary>Characters of <see cref="CommandLine"/>, the final zero included.</summary>
    public const int CommandLineSize = 1024;

    /// <summary>What <see cref="Magic"/> reads on this architecture.</summary>
    public const string MagicText = "xen-3.0-x86_64";

    public StartInfoMagic Magic;

    /// <summary>Pages allocated to the domain.</summary>
    public ulong PageCount;

    /// <summary>Machine address (not frame) of the shared info page.</summary>
    public ulong SharedInfo;
    public StartInfoFlags Flags;
    private uint _padding0;
    public ulong StoreMfn;
    public uint StoreEventChannel;
    private uint _padding1;
    public ulong ConsoleMfn;
    public uint ConsoleEventChannel;
    private uint _padding2;

    /// <summary>Virtual address of the page directory.</summary>
    public ulong PageTableBase;
    public ulong PageTableFrames;

    /// <summary>Virtual address of the pfn-to-mfn list.</summary>
    public ulong FrameList;

    /// <summary>Virtual address, or PFN with <see cref="StartInfoFlags.ModuleStartIsPfn"/>.</summary>
    public ulong ModuleStart;

    /// <summary>Bytes.</summary>
    public ulong ModuleLength;
    public StartInfoCommandLine CommandLine;

    /// <summary>First PFN of the frame list where it is not in the initial mapping.</summary>
    public ulong FirstP2mPfn;
    public ulong P2mFrameCount;
}

/// <summary><c>start_info.magic</c></summary>
[InlineArray(32)]
public struct StartInfoMagic
{
    private byte _element;
}

/// <summary><c>start_info.cmd_line</c></summary>
[InlineArray(StartInfo.CommandLineSize)]
public struct StartInfoCommandLine
{
    private byte _element;
}

/// <summary><c>SIF_*</c></summary>
[Flags]
public enum StartInfoFlags : uint
{
    None = 0,

    /// <summary><c>SIF_PRIVILEGED</c></summary>
    Privileged = 1 << 0,

    /// <summary><c>SIF_INITDOMAIN</c></summary>
    InitialDomain = 1 << 1,

    /// <summary><c>SIF_MULTIBOOT_MOD</c></summary>
    MultibootModule = 1 << 2,

    /// <summary><c>SIF_MOD_START_PFN</c></summary>
    ModuleStartIsPfn = 1 << 3,

    /// <summary><c>SIF_VIRT_P2M_4TOOLS</c></summary>
    VirtualP2mForTools = 1 << 4,
}
