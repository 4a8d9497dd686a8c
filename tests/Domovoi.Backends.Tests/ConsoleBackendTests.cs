// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Backends.Consoles;
using Domovoi.Memory;
using Microsoft.Extensions.Time.Testing;

namespace Domovoi.Backends;

public sealed class ConsoleBackendTests : IDisposable
{
    private readonly GuestMemory _memory = new(1);
    private readonly MemoryStream _log = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ConsoleInput _typed = new();
    private readonly ConsoleTranscript _transcript;
    private readonly ConsoleBackend _backend;
    private readonly GuestByteRing _output;
    private readonly GuestByteRing _input;

    public ConsoleBackendTests()
    {
        _transcript = new ConsoleTranscript(_log, static _ => { });
        _output = new GuestByteRing(_memory, ConsolePage.Output(default));
        _input = new GuestByteRing(_memory, ConsolePage.Input(default));
        _backend = new ConsoleBackend(_memory, default, _transcript, _typed, _time);
    }

    public void Dispose()
    {
        _backend.Dispose();
        _transcript.Dispose();
        _memory.Dispose();
    }

    [Fact]
    public void Output_IsKeptShownAndReplayed()
    {
        FakeViewer early = new();
        _transcript.Attach(early, 100);
        Print("hello\n");
        FakeViewer late = new();
        _transcript.Attach(late, 3);
        Print("world\n");
        Assert.Equal("hello\nworld\n", Encoding.ASCII.GetString(_log.ToArray()));
        Assert.Equal("hello\nworld\n", early.Seen);
        Assert.Equal("lo\nworld\n", late.Seen);
        Assert.Equal(["hello", "world"], _transcript.LastLines(5));
    }

    [Fact]
    public void Replay_IsTheLast64KibibytesAtMost()
    {
        for (int i = 0; i < 50; i++)
        {
            Print(new string((char)('a' + (i % 26)), 2000));
        }

        FakeViewer viewer = new();
        _transcript.Attach(viewer, int.MaxValue);
        Assert.Equal(64 * 1024, viewer.Seen.Length);
        Assert.EndsWith(new string('x', 2000), viewer.Seen);
        Assert.Equal(100_000, _log.Length);
    }

    [Fact]
    public void Input_BeyondTheRing_ComesAsTheGuestTakesIt()
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 500).Select(static i => $"{i:d4}")));
        _typed.Type(text);
        List<byte> taken = [];
        while (taken.Count < text.Length)
        {
            _backend.Work();
            taken.AddRange(_input.TakeAll());
        }

        Assert.Equal(text, taken);
    }

    [Fact]
    public void Flood_IsThrottledToABudget()
    {
        byte[] chunk = new byte[2048];
        for (int i = 0; i < 10_000; i++)
        {
            _output.Put(chunk);
            _backend.Work();
        }

        long burst = _log.Length;
        Assert.InRange(burst, 8L << 20, 9L << 20);
        _time.Advance(TimeSpan.FromSeconds(1));
        _output.Put(chunk);
        _backend.Work();
        Assert.True(_log.Length > burst);
    }

    [Fact]
    public void BrokenIndices_LoseOutputButNotTheConsole()
    {
        _output.Producer = 0x80000000;
        _input.Consumer = 0x80000000;
        _typed.Type("x"u8);
        _backend.Work();
        Assert.Equal(0, _log.Length);
        _output.Consumer = _output.Producer;
        Print("again");
        Assert.Equal("again", Encoding.ASCII.GetString(_log.ToArray()));
    }

    private void Print(string text)
    {
        Assert.Equal(text.Length, _output.Put(Encoding.ASCII.GetBytes(text)));
        _backend.Work();
    }

    private sealed class FakeViewer : IConsoleViewer
    {
        internal string Seen { get; private set; } = "";

        public void Show(ReadOnlySpan<byte> output) => Seen += Encoding.ASCII.GetString(output);
    }
}
