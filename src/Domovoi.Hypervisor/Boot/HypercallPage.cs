// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.Hypervisor.Boot;

/// <summary>The hypercall transfer page of a 64-bit PV guest, <c>XEN_ELFNOTE_HYPERCALL_PAGE</c>: one stub per number, 32 bytes apart.</summary>
internal static class HypercallPage
{
    private const int StubSize = 32;

    /// <summary><c>__HYPERVISOR_iret</c></summary>
    private const int Iret = 23;
    private const byte Breakpoint = 0xCC;

    /// <summary>Fills a page. Each stub saves what SYSCALL destroys; the one for iret pushes what its frame needs and never returns.</summary>
    public static void Fill(Span<byte> page)
    {
        page.Fill(Breakpoint);
        for (int number = 0; number < page.Length / StubSize; number++)
        {
            Span<byte> stub = page.Slice(number * StubSize, StubSize);
            if (number == Iret)
            {
                // push %rcx; push %r11; push %rax; mov $23, %eax; syscall
                ReadOnlySpan<byte> iret = [0x51, 0x41, 0x53, 0x50, 0xB8, 0, 0, 0, 0, 0x0F, 0x05];
                iret.CopyTo(stub);
                BinaryPrimitives.WriteInt32LittleEndian(stub[5..], number);
            }
            else
            {
                // push %rcx; push %r11; mov $number, %eax; syscall; pop %r11; pop %rcx; ret
                ReadOnlySpan<byte> call = [0x51, 0x41, 0x53, 0xB8, 0, 0, 0, 0, 0x0F, 0x05, 0x41, 0x5B, 0x59, 0xC3];
                call.CopyTo(stub);
                BinaryPrimitives.WriteInt32LittleEndian(stub[4..], number);
            }
        }
    }
}
