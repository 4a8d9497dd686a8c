// SPDX-License-Identifier: MIT

namespace Domovoi.Backends.Consoles;

/// <summary>What the guest prints: kept in a file, the last of it in memory, shown to every viewer. Outlives reboots. Thread safe.</summary>
public sealed class ConsoleTranscript : IDisposable
{
    private const int ReplaySize = 64 * 1024;
    private const int LongestLine = 256;

    private readonly Lock _gate = new();                    // guards all below
    private readonly ReplayBuffer _replay = new(ReplaySize);
    private readonly List<IConsoleViewer> _viewers = [];
    private readonly Stream _log;
    private readonly Action<string> _complain;
    private bool _logFailed;

    /// <param name="log">Gets every byte; owned by the transcript.</param>
    /// <param name="complain">Told once, if the file cannot be written.</param>
    public ConsoleTranscript(Stream log, Action<string> complain)
    {
        _log = log;
        _complain = complain;
    }

    public void Append(ReadOnlySpan<byte> output)
    {
        lock (_gate)
        {
            WriteLogLocked(output);
            _replay.Append(output);
            foreach (IConsoleViewer viewer in _viewers)
            {
                viewer.Show(output);
            }
        }
    }

    /// <summary>Shows the last bytes to a new viewer and from then on everything, with no gap between.</summary>
    public void Attach(IConsoleViewer viewer, int replay)
    {
        lock (_gate)
        {
            viewer.Show(_replay.Last(replay));
            _viewers.Add(viewer);
        }
    }

    public void Detach(IConsoleViewer viewer)
    {
        lock (_gate)
        {
            _viewers.Remove(viewer);
        }
    }

    /// <summary>The last lines, for a crash report: printable characters only.</summary>
    public IReadOnlyList<string> LastLines(int count)
    {
        byte[] last;
        lock (_gate)
        {
            last = _replay.Last(count * LongestLine);
        }

        string text = new(Array.ConvertAll(last, static b => b is (>= 0x20 and < 0x7F) or (byte)'\n' ? (char)b : ' '));
        string[] lines = text.TrimEnd().Split('\n');
        return [.. lines.TakeLast(count).Select(static line => line.TrimEnd())];
    }

    public void Dispose() => _log.Dispose();

    private void WriteLogLocked(ReadOnlySpan<byte> output)
    {
        if (_logFailed)
        {
            return;
        }

        try
        {
            _log.Write(output);
            _log.Flush();
        }
        catch (IOException e)
        {
            _logFailed = true;
            _complain($"The console's log cannot be written any more: {e.Message}");
        }
    }
}
