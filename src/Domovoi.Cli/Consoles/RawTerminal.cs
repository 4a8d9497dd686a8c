// SPDX-License-Identifier: MIT
using Domovoi.Linux;

namespace Domovoi.Cli.Consoles;

/// <summary>The terminal on standard input in raw mode, for as long as this lives, and whatever becomes of this process.</summary>
internal sealed class RawTerminal : IDisposable
{
    private readonly byte[] _before;
    private readonly TerminalGuard? _guard;

    private RawTerminal()
    {
        _before = Terminal.ReadSettings(0);
        _guard = TerminalGuard.TryStart(_before);
        Terminal.MakeRaw(0);
    }

    /// <summary>Null when standard input is no terminal.</summary>
    internal static RawTerminal? TryEnter() => Terminal.IsTerminal(0) ? new RawTerminal() : null;

    public void Dispose()
    {
        try
        {
            Terminal.Restore(0, _before);
        }
        catch (LinuxException)
        {
            // The terminal has gone away.
        }

        _guard?.Dispose();
    }
}
