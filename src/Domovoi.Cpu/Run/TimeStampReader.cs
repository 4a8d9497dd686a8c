// SPDX-License-Identifier: MIT
using Domovoi.Linux;

namespace Domovoi.Cpu.Run;

/// <summary>RDTSC for C#, as a tiny emitted function.</summary>
internal static unsafe class TimeStampReader
{
    private static readonly nint s_code = Emit();

    internal static ulong Read() => ((delegate* unmanaged<ulong>)s_code)();

    private static nint Emit()
    {
        // rdtsc; shl rdx, 32; or rax, rdx; ret
        ReadOnlySpan<byte> code = [0x0F, 0x31, 0x48, 0xC1, 0xE2, 0x20, 0x48, 0x09, 0xD0, 0xC3];
        int file = MemoryMapping.CreateMemoryFile("domovoi-rdtsc", 0x1000);
        nint write = MemoryMapping.MapFile(file, 0, 0x1000, PageProtection.Read | PageProtection.Write);
        nint run = MemoryMapping.MapFile(file, 0, 0x1000, PageProtection.Read | PageProtection.Execute);
        MemoryMapping.CloseFile(file);
        code.CopyTo(new Span<byte>((void*)write, 0x1000));
        MemoryMapping.Unmap(write, 0x1000);
        return run;
    }
}
