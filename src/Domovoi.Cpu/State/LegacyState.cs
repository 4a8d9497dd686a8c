// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Domovoi.Linux;

namespace Domovoi.Cpu.State;

/// <summary>FXSAVE and FXRSTOR on the calling thread, as two tiny emitted functions.</summary>
internal static unsafe class LegacyState
{
    private const int X87Start = 32;
    private const int X87End = 160;

    private static readonly nint s_code = Emit();

    /// <summary>Copies the x87 part of the thread's state into an image.</summary>
    internal static void Save(Span<byte> image)
    {
        byte* area = stackalloc byte[512 + 16];
        byte* aligned = (byte*)(((nint)area + 15) & ~15);
        ((delegate* unmanaged<byte*, void>)s_code)(aligned);
        new Span<byte>(aligned, 24).CopyTo(image);
        new Span<byte>(aligned + X87Start, X87End - X87Start).CopyTo(image[X87Start..]);
    }

    /// <summary>Loads the x87 part of an image; SSE control and registers of the thread stay.</summary>
    internal static void Restore(ReadOnlySpan<byte> image)
    {
        byte* area = stackalloc byte[512 + 16];
        byte* aligned = (byte*)(((nint)area + 15) & ~15);
        ((delegate* unmanaged<byte*, void>)s_code)(aligned);
        image[..24].CopyTo(new Span<byte>(aligned, 24));
        image[X87Start..X87End].CopyTo(new Span<byte>(aligned + X87Start, X87End - X87Start));
        ((delegate* unmanaged<byte*, void>)(s_code + 16))(aligned);
    }

    /// <summary>Whether an unmasked x87 exception waits for the next instruction that looks: FSW.ES.</summary>
    internal static bool HasPendingError()
    {
        Span<byte> image = stackalloc byte[512];
        Save(image);
        return (image[2] & 0x80) != 0;
    }

    /// <summary>One MMX register in an image that <see cref="EnterMmx"/> arranged.</summary>
    internal static ReadOnlySpan<byte> Mmx(ReadOnlySpan<byte> image, int register) => image.Slice(X87Start + (register * 16), 8);

    /// <summary>What every MMX instruction does first: the top of the stack becomes register 0 and all registers count as in use.</summary>
    internal static void EnterMmx(Span<byte> image)
    {
        int top = (image[3] >> 3) & 7;
        Span<byte> registers = image[X87Start..X87End];
        Span<byte> ordered = stackalloc byte[X87End - X87Start];
        for (int i = 0; i < 8; i++)
        {
            registers.Slice(((i - top) & 7) * 16, 16).CopyTo(ordered[(i * 16)..]);
        }

        ordered.CopyTo(registers);
        image[3] &= 0xC7;
        image[4] = 0xFF;
    }

    private static nint Emit()
    {
        int file = MemoryMapping.CreateMemoryFile("domovoi-fxsave", 0x1000);
        nint write = MemoryMapping.MapFile(file, 0, 0x1000, PageProtection.Read | PageProtection.Write);
        nint run = MemoryMapping.MapFile(file, 0, 0x1000, PageProtection.Read | PageProtection.Execute);
        MemoryMapping.CloseFile(file);
        HostAssembler a = new();
        a.Begin(write, run);
        a.MemoryForm(0x0FAE, 0, new HostAddress(HostRegister.Rdi), wide: true);
        a.Return();
        a.Begin(write + 16, run + 16);
        a.MemoryForm(0x0FAE, 1, new HostAddress(HostRegister.Rdi), wide: true);
        a.Return();
        MemoryMapping.Unmap(write, 0x1000);
        return run;
    }
}
