// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Run.Slow;

/// <summary>How an instruction that C# carries out ended.</summary>
internal enum Outcome
{
    /// <summary>Done; translated code goes on behind it. RIP is there, too.</summary>
    Continue,

    /// <summary>Done, and the mode may have changed: look RIP up again.</summary>
    Redirect,

    /// <summary>The bytes at RIP are no longer those that were translated; nothing was done.</summary>
    Changed,

    /// <summary>A repeated string instruction gave way to an event; RIP still is at it.</summary>
    Repeat,

    /// <summary>Not the processor's business: <see cref="InstructionExecutor.Exit"/>.</summary>
    Leave,
}
