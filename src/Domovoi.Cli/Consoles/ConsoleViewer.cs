// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Contracts.Consoles;
using Domovoi.Contracts.Control;
using Domovoi.Linux;
using Domovoi.Toolstack.Lifecycle;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Consoles;

/// <summary>Shows a domain's console until the domain ends or the person leaves.</summary>
/// <remarks>
/// The calling thread moves output; a second one moves input, in raw mode and watching for the escape key if there is a
/// terminal. Without one, end of input is silence, not the end.
/// </remarks>
internal sealed class ConsoleViewer : IDisposable
{
    private readonly DomainEntry _entry;
    private readonly ConsoleConnection _connection;
    private readonly byte _escape;
    private volatile bool _left;
    private volatile int _signal;

    private ConsoleViewer(DomainEntry entry, ConsoleConnection connection, byte escape)
    {
        _entry = entry;
        _connection = connection;
        _escape = escape;
    }

    internal const byte DefaultEscape = 0x1D;

    internal static ConsoleViewer Open(DomainEntry entry, byte escape = DefaultEscape) =>
        new(entry, ConsoleConnection.Open(entry, new ConsoleHandshake()), escape);

    /// <summary>Returns how it went: the domain's end, or null when the person left and the domain goes on.</summary>
    internal ConsoleOutcome Run()
    {
        using (RawTerminal? terminal = RawTerminal.TryEnter())
        {
            PosixSignal[] endings = [PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGINT, PosixSignal.SIGQUIT];
            PosixSignalRegistration[] registrations = [.. endings.Select(s => PosixSignalRegistration.Create(s, OnSignal))];
            using PosixSignalRegistration resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => ReportSize());
            new Thread(() => MoveInput(terminal is not null)) { IsBackground = true, Name = "console input" }.Start();
            if (terminal is not null)
            {
                ReportSize();
            }

            MoveOutput();
            foreach (PosixSignalRegistration registration in registrations)
            {
                registration.Dispose();
            }
        }

        return new ConsoleOutcome(_entry, _left ? null : DomainEnding.Wait(_entry), _signal);
    }

    public void Dispose() => _connection.Dispose();

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        _signal = context.Signal switch
        {
            PosixSignal.SIGHUP => 1,
            PosixSignal.SIGINT => 2,
            PosixSignal.SIGQUIT => 3,
            _ => 15,
        };
        Leave();
    }

    private void Leave()
    {
        _left = true;
        _connection.Leave();
    }

    private void MoveOutput()
    {
        DescriptorStream output = new(1);
        byte[] buffer = new byte[16 * 1024];
        int length;
        while (!_left && (length = _connection.Receive(buffer)) > 0)
        {
            output.Write(buffer.AsSpan(0, length));
        }
    }

    private void MoveInput(bool isTerminal)
    {
        DescriptorStream input = new(0);
        byte[] buffer = new byte[4096];
        try
        {
            int length;
            while ((length = input.Read(buffer)) > 0)
            {
                Span<byte> typed = buffer.AsSpan(0, length);
                int escape = isTerminal ? typed.IndexOf(_escape) : -1;
                _connection.Send(escape < 0 ? typed : typed[..escape]);
                if (escape >= 0)
                {
                    Leave();
                    return;
                }
            }
        }
        catch (IOException)
        {
            // No input at all, or the terminal has gone away: silence.
        }

        _connection.EndInput();
    }

    private void ReportSize()
    {
        try
        {
            if (Terminal.WindowSize(0) is { } size)
            {
                using ControlClient? client = ControlClient.TryConnect(_entry.Folder);
                client?.ConsoleSize(new WindowSize(size.Columns, size.Rows));
            }
        }
        catch (Exception e) when (e is Contracts.ProblemException or IOException)
        {
            // A nicety for guests that look; the console works without.
        }
    }
}
