// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Tests.Generation;

/// <summary>General registers whose start value is decided.</summary>
internal sealed class RegisterPins(ulong[] general)
{
    private int _pinned;

    internal bool IsPinned(int register) => (_pinned & (1 << register)) != 0;

    internal ulong this[int register] => general[register];

    internal void Pin(int register, ulong value)
    {
        general[register] = value;
        Keep(register);
    }

    internal void Keep(int register) => _pinned |= 1 << register;
}
