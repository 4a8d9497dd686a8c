// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Domains;

/// <summary>The text that says why a domain crashed: reason, registers, stack, last exit, last lines of the console.</summary>
internal static class CrashReport
{
    private const int StackWords = 32;
    private const int WordsPerLine = 4;
    private const int ConsoleLines = 20;

    /// <summary>Writes the report; runs on the vCPU's own thread.</summary>
    internal static string Of(Vcpu vcpu, CrashReason reason, string detail)
    {
        StringBuilder text = new();
        ref CpuState state = ref vcpu.Cpu.State;
        Line(text, $"Domain {vcpu.Domain.Id.Value} ({vcpu.Domain.Settings.Name}) crashed on vCPU {vcpu.Id}: {reason}: {detail}");
        Line(text, $"RIP {state.Rip:x16} RSP {state.Rsp:x16} RFLAGS {state.Rflags:x8} mode {vcpu.Cpu.Mode}");
        Line(text, $"RAX {state.Rax:x16} RBX {state.Rbx:x16} RCX {state.Rcx:x16}");
        Line(text, $"RDX {state.Rdx:x16} RSI {state.Rsi:x16} RDI {state.Rdi:x16}");
        Line(text, $"RBP {state.Rbp:x16} R8  {state.R8:x16} R9  {state.R9:x16}");
        Line(text, $"R10 {state.R10:x16} R11 {state.R11:x16} R12 {state.R12:x16}");
        Line(text, $"R13 {state.R13:x16} R14 {state.R14:x16} R15 {state.R15:x16}");
        Line(text, $"CS {state.Cs:x4} SS {state.Ss:x4} DS {state.Ds:x4} ES {state.Es:x4} FS {state.Fs:x4} GS {state.Gs:x4}");
        Line(text, $"FS base {state.FsBase:x16} GS base {state.GsBase:x16} inactive {vcpu.InactiveGsBase:x16}");
        Line(text, $"CR2 {vcpu.Privileged.Cr2:x16} CR3 {vcpu.Cpu.GetRoot(vcpu.Cpu.Mode)} CR4 {vcpu.Privileged.Cr4:x8}");
        Line(text, $"kernel SP {vcpu.KernelStackPointer:x16} events masked {vcpu.EventsMasked}");
        Line(text, $"Last exit: {vcpu.Cpu.Exit.Reason} vector {vcpu.Cpu.Exit.Vector} error {vcpu.Cpu.Exit.ErrorCode:x} at {vcpu.Cpu.Exit.FaultAddress:x}");
        AppendCode(text, vcpu, state.Rip);
        AppendStack(text, vcpu, state.Rsp);
        foreach (string line in vcpu.Domain.Settings.LastConsoleLines().TakeLast(ConsoleLines))
        {
            Line(text, $"console: {line}");
        }

        return text.ToString().TrimEnd();
    }

    private static void AppendCode(StringBuilder text, Vcpu vcpu, ulong rip)
    {
        Span<byte> code = stackalloc byte[16];
        string bytes = vcpu.TryRead(rip, code) ? Convert.ToHexStringLower(code) : "unreadable";
        Line(text, $"Code: {bytes}");
    }

    private static void AppendStack(StringBuilder text, Vcpu vcpu, ulong stack)
    {
        Span<ulong> words = stackalloc ulong[WordsPerLine];
        for (int index = 0; index < StackWords; index += WordsPerLine)
        {
            ulong address = stack + ((ulong)index * sizeof(ulong));
            if (X86Addresses.IsReserved(address) || !vcpu.TryRead(address, System.Runtime.InteropServices.MemoryMarshal.AsBytes(words)))
            {
                Line(text, $"Stack {address:x16}: unreadable");
                return;
            }

            Line(text, $"Stack {address:x16}: {words[0]:x16} {words[1]:x16} {words[2]:x16} {words[3]:x16}");
        }
    }

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
