// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Domovoi.Hypervisor.Domains;

/// <summary>The hypervisor's log of one domain: a ring of lines (<c>xl dmesg</c> of this one domain). Thread safe.</summary>
public sealed class DomainLog(TimeProvider time)
{
    /// <summary>Lines kept.</summary>
    public const int Capacity = 2048;

    /// <summary>Longest line kept; a guest chooses what it sends to <c>CONSOLEIO_write</c>.</summary>
    public const int LongestLine = 1024;

    private readonly Lock _gate = new();                    // guards the fields below
    private readonly Queue<string> _lines = new();
    private readonly HashSet<string> _seen = [];
    private readonly StringBuilder _partial = new();        // the vCPU that writes to its console
    private readonly long _start = time.GetTimestamp();

    /// <summary>Called for each new line, on the writer's thread; must be quick.</summary>
    public event Action<string>? LineAdded;

    /// <summary>The lines kept, oldest first.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    public void Write(string text)
    {
        double seconds = time.GetElapsedTime(_start).TotalSeconds;
        string cut = text.Length <= LongestLine ? text : text[..LongestLine];
        string line = string.Create(CultureInfo.InvariantCulture, $"[{seconds,12:F6}] {cut}");
        lock (_gate)
        {
            if (_lines.Count == Capacity)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(line);
        }

        LineAdded?.Invoke(line);
    }

    /// <summary>Text of <c>CONSOLEIO_write</c>: collected to lines, control characters dropped.</summary>
    public void WriteGuestText(string text)
    {
        foreach (char character in text)
        {
            if (character is not '\n' && _partial.Length < LongestLine)
            {
                _partial.Append(char.IsControl(character) && character != '\t' ? ' ' : character);
            }
            else
            {
                Write($"guest: {_partial.ToString().TrimEnd()}");
                _partial.Clear();
            }
        }
    }

    /// <summary>Writes a line unless one with the same key was written before: for what the guest can repeat at will.</summary>
    public void WriteOnce(string key, string text)
    {
        lock (_gate)
        {
            if (_seen.Count >= Capacity || !_seen.Add(key))
            {
                return;
            }
        }

        Write(text);
    }
}
