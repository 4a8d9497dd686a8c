// SPDX-License-Identifier: MIT
namespace Domovoi.Backends.Consoles;

/// <summary>Somebody who watches a console.</summary>
public interface IConsoleViewer
{
    /// <summary>Shows bytes the guest printed. Must not block: a slow viewer loses output, nobody waits for it.</summary>
    void Show(ReadOnlySpan<byte> output);
}
