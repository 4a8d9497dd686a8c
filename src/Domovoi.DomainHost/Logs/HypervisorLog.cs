// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Domovoi.DomainHost.Logs;

/// <summary><c>hypervisor.log</c>: what the domain's process has to say, and the hypervisor's lines of each boot. Thread safe.</summary>
/// <remarks>A guest can cause lines, so the file has a largest size; behind it only the end is still told.</remarks>
internal sealed class HypervisorLog : IDisposable
{
    private const long MaximumSize = 16L << 20;
    private const long ReserveForTheEnd = 1L << 20;
    private const int MaximumAnswer = 1 << 20;

    private readonly Lock _gate = new();                    // guards the file
    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private bool _isEnding;

    internal HypervisorLog(string path, TimeProvider time)
    {
        Path = path;
        _time = time;
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }

    internal string Path { get; }

    /// <summary>A line of the process itself, with the time of day.</summary>
    internal void Write(string text) =>
        WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_time.GetUtcNow():yyyy-MM-dd HH:mm:ss.fff}Z {text}"));

    /// <summary>A line that is complete.</summary>
    internal void WriteLine(string line)
    {
        lock (_gate)
        {
            long limit = _isEnding ? MaximumSize + ReserveForTheEnd : MaximumSize;
            if (_file.Length > limit)
            {
                return;
            }

            try
            {
                _file.Write(Encoding.UTF8.GetBytes(line + '\n'));
            }
            catch (IOException)
            {
                // A full disk must not end the domain; there is nowhere left to say it.
            }
        }
    }

    /// <summary>From now on lines find room even if the guest has filled the file.</summary>
    internal void BeginEnd()
    {
        lock (_gate)
        {
            _isEnding = true;
        }
    }

    /// <summary>The last part of the file.</summary>
    internal string ReadBack()
    {
        using FileStream reader = new(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        reader.Seek(Math.Max(0, reader.Length - MaximumAnswer), SeekOrigin.Begin);
        using StreamReader text = new(reader, Encoding.UTF8);
        return text.ReadToEnd();
    }

    public void Dispose() => _file.Dispose();
}
