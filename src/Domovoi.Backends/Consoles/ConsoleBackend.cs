// SPDX-License-Identifier: MIT
using Domovoi.Backends.Rings;
using Domovoi.Memory;

namespace Domovoi.Backends.Consoles;

/// <summary>The PV console, io/console.h: moves bytes between the guest's ring page and transcript and input.</summary>
/// <remarks>
/// Runs on its own thread, woken by the guest's event and by typed input. A line the guest prints: it copies bytes into the
/// ring and sends an event; the event wakes this thread, which copies them out, moves the index, appends them to the transcript
/// and sends an event back, because the guest may be waiting for room. No vCPU ever waits here.
/// To save: nothing but what the page holds, and the input not yet taken.
/// </remarks>
public sealed class ConsoleBackend : IDisposable
{
    private const long Burst = 8L << 20;
    private const long BytesPerSecond = 2L << 20;
    private static readonly TimeSpan ThrottlePause = TimeSpan.FromMilliseconds(20);

    private readonly ByteRingReader _output;
    private readonly ByteRingWriter _input;
    private readonly ConsoleTranscript _transcript;
    private readonly ConsoleInput _typed;
    private readonly OutputBudget _budget;
    private readonly BackendThread _thread;
    private readonly byte[] _buffer = new byte[ConsolePage.OutputSize];
    private Action _raise = static () => { };

    public ConsoleBackend(
        GuestMemory memory, PhysicalAddress page, ConsoleTranscript transcript, ConsoleInput typed, TimeProvider time)
    {
        _output = new ByteRingReader(memory, ConsolePage.Output(page));
        _input = new ByteRingWriter(memory, ConsolePage.Input(page));
        _transcript = transcript;
        _typed = typed;
        _budget = new OutputBudget(time, Burst, BytesPerSecond);
        _thread = new BackendThread("console", Work);
    }

    /// <summary>Wakes the thread: what the guest's event channel calls.</summary>
    public void Signal() => _thread.Wake();

    /// <param name="raise">Sends an event to the guest.</param>
    public void Start(Action raise)
    {
        _raise = raise;
        _typed.Arrived = Signal;
        _thread.Start();
    }

    /// <summary>Takes what is still in the ring and stops.</summary>
    public void Dispose()
    {
        _typed.Arrived = null;
        _thread.Dispose();
        _transcript.Append(_buffer.AsSpan(0, _output.Read(_buffer)));   // past any budget: the last words count most
    }

    internal TimeSpan Work()
    {
        bool moved = true;
        while (moved)
        {
            moved = TakeOutput() | GiveInput();
            if (moved)
            {
                _raise();
            }
        }

        return _budget.Left > 0 ? Timeout.InfiniteTimeSpan : ThrottlePause;
    }

    private bool TakeOutput()
    {
        long allowed = _budget.Left;
        if (allowed <= 0)
        {
            return false;
        }

        int count = _output.Read(_buffer);
        if (_output.IsBroken)
        {
            _output.Resynchronise();
            return false;
        }

        _budget.Spend(count);
        _transcript.Append(_buffer.AsSpan(0, count));
        return count > 0;
    }

    private bool GiveInput()
    {
        int room = _input.Free;
        if (_input.IsBroken)
        {
            _input.Resynchronise();
            room = _input.Free;
        }

        Span<byte> chunk = stackalloc byte[ConsolePage.InputSize];
        int count = _typed.Take(chunk[..Math.Min(room, chunk.Length)]);
        return _input.Write(chunk[..count]) > 0;
    }
}
