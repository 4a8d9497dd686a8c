// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Run;

/// <summary>Switches that make rare paths common, for tests. Guests run with the values they have here.</summary>
/// <remarks>The processor's thread, outside <see cref="VirtualCpu.Run"/>. Two more stand in <see cref="TranslationCache"/>.</remarks>
internal sealed class RarePaths
{
    /// <summary>Every poll leaves translated code, as if somebody wanted attention all the time.</summary>
    internal bool PollsAlways { get; set; }

    /// <summary>Branches between blocks are linked; otherwise each of them comes back to the run loop.</summary>
    internal bool LinksBranches { get; set; } = true;

    /// <summary>Called between two blocks whenever attention is taken.</summary>
    internal Action? AtPoll { get; set; }
}
