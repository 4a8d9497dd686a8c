// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Emit;

/// <summary>A memory operand of an emitted instruction.</summary>
/// <param name="Base">Base register or none.</param>
/// <param name="Index">Index register or none; never RSP.</param>
/// <param name="ScaleLog2">0 to 3.</param>
/// <param name="Displacement">Signed displacement.</param>
/// <param name="Gs">Relative to GS, the processor's state block, rather than to address 0.</param>
internal readonly record struct HostAddress(
    HostRegister Base, HostRegister Index = HostRegister.None, int ScaleLog2 = 0, int Displacement = 0, bool Gs = false)
{
    /// <summary>A field of the processor's state block, for code that runs with RSP at the block's beginning: all blocks do.</summary>
    /// <remarks>
    /// Processors rename memory that is addressed by RSP and a displacement: what was stored there is in the next load's
    /// register at once. Through GS the load waits for the store.
    /// </remarks>
    public static HostAddress State(int offset) => new(HostRegister.Rsp, Displacement: offset);

    /// <summary>An element of an array in the processor's state block, for code that runs with RSP at the block's beginning.</summary>
    public static HostAddress State(int offset, HostRegister index, int scaleLog2) =>
        new(HostRegister.Rsp, index, scaleLog2, offset);

    /// <summary>A field of the processor's state block, wherever RSP points: for code that is called.</summary>
    public static HostAddress OfThread(int offset) =>
        new(HostRegister.None, HostRegister.None, 0, offset, Gs: true);

    /// <summary>An element of an array in the processor's state block, wherever RSP points: for code that is called.</summary>
    public static HostAddress OfThread(int offset, HostRegister index, int scaleLog2) =>
        new(HostRegister.None, index, scaleLog2, offset, Gs: true);
}
