// SPDX-License-Identifier: MIT
using Domovoi.Memory;

namespace Domovoi.Cpu;

/// <summary>Translated code of one machine, shared by its processors.</summary>
public sealed class TranslationCache(GuestMemory memory) : IDisposable
{
    /// <summary>The memory this machine's code is translated from.</summary>
    public GuestMemory Memory { get; } = memory;

    public void Dispose()
    {
    }
}
