// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Cpu.CodeCache;

/// <summary>What stands behind the jump of an instruction that C# carries out; translated code goes on behind it.</summary>
/// <remarks>
/// C# decodes the instruction anew, and another processor may have changed its bytes since: it is carried out only if it
/// still is the instruction that was translated.
/// </remarks>
/// <param name="Rip">The instruction.</param>
/// <param name="Code">Its <see cref="Iced.Intel.Code"/>.</param>
/// <param name="Length">Its bytes.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct InstructionStub(ulong Rip, int Code, int Length);
