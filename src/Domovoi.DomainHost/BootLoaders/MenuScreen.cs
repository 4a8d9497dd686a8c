// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Backends.Consoles;
using Domovoi.GuestDisks.Grub;

namespace Domovoi.DomainHost.BootLoaders;

/// <summary>Shows a boot menu on the console until somebody, or the menu's timeout, has chosen.</summary>
/// <param name="menu">The guest's.</param>
/// <param name="transcript">The screen.</param>
/// <param name="input">The keyboard.</param>
/// <param name="time">For the countdown.</param>
internal sealed class MenuScreen(BootMenu menu, ConsoleTranscript transcript, ConsoleInput input, TimeProvider time)
{
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(50);
    private readonly Stack<IReadOnlyList<BootEntry>> _outer = new();
    private IReadOnlyList<BootEntry> _level = menu.Entries;
    private int _chosen;
    private string _typed = "";                             // what is not a whole key yet
    private int _number = -1;                               // of the digits typed last

    /// <summary>Returns the entry; null when <paramref name="cancelled"/>.</summary>
    internal BootEntry? Choose(CancellationToken cancelled)
    {
        BootEntry byDefault = menu.DefaultEntry;
        _chosen = Math.Max(0, IndexOf(byDefault));
        Draw();
        long began = time.GetTimestamp();
        int shown = -1;
        bool isCounting = menu.Timeout > 0;
        byte[] keys = new byte[16];
        while (!cancelled.IsCancellationRequested)
        {
            int count = input.Take(keys);
            _typed += Encoding.ASCII.GetString(keys, 0, count);
            isCounting = isCounting && count == 0;
            if (_typed.Length > 0 && PressAll(isQuiet: count == 0) is { } entry)
            {
                return Say(entry);
            }

            int left = menu.Timeout - (int)time.GetElapsedTime(began).TotalSeconds;
            if (isCounting && left <= 0)
            {
                return Say(byDefault);
            }

            if (isCounting && left != shown)
            {
                Write($"\rBooting the default in {shown = left} s. Arrows or numbers choose, Enter boots. ");
            }

            cancelled.WaitHandle.WaitOne(s_glance);
        }

        return null;
    }

    /// <summary>Presses the keys that have come, several at once if somebody is fast or pastes them.</summary>
    /// <param name="isQuiet">Whether nothing more has come for a moment, so that what looks like the begin of a key is one.</param>
    private BootEntry? PressAll(bool isQuiet)
    {
        while (NextKey(isQuiet) is { Length: > 0 } key)
        {
            if (Press(key) is { } entry)
            {
                return entry;
            }
        }

        Draw();
        return null;
    }

    /// <summary>Keys come as a terminal sends them: arrows as <c>ESC [ A</c> to <c>D</c>, or <c>ESC O A</c>.</summary>
    private string NextKey(bool isQuiet)
    {
        bool isSequence = _typed is ['\e', '[' or 'O', ..];
        int length = isSequence && _typed.Length > 2 ? 3
            : (isSequence || _typed is "\e") && !isQuiet ? 0
            : _typed.StartsWith("\r\n", StringComparison.Ordinal) ? 2
            : Math.Min(1, _typed.Length);
        string key = _typed[..length];
        _typed = _typed[length..];
        return key;
    }

    private BootEntry? Press(string key)
    {
        int number = _number;
        _number = -1;
        switch (key)
        {
            case "\e[A" or "\eOA" or "k" or "^":
                _chosen = (_chosen + _level.Count - 1) % _level.Count;
                break;
            case "\e[B" or "\eOB" or "j" or "v":
                _chosen = (_chosen + 1) % _level.Count;
                break;
            case "\e" or "\e[D" or "\eOD" or "q":
                if (_outer.TryPop(out IReadOnlyList<BootEntry>? outer))
                {
                    (_level, _chosen) = (outer, 0);
                }

                break;
            case "\r" or "\n" or "\r\n" or "\e[C" or "\eOC":
                return Enter();
            case [>= '0' and <= '9']:
                int digit = key[0] - '0';
                _number = number > 0 && (number * 10) + digit < _level.Count ? (number * 10) + digit : digit;
                _chosen = _number < _level.Count ? _number : _chosen;
                break;
            default:
                break;
        }

        return null;
    }

    private BootEntry? Enter()
    {
        BootEntry entry = _level[_chosen];
        if (entry.Children is not { Count: > 0 } children)
        {
            return entry;
        }

        _outer.Push(_level);
        (_level, _chosen) = (children, 0);
        return null;
    }

    private void Draw()
    {
        StringBuilder text = new();
        text.Append("\r\n\r\n").Append(_outer.Count > 0 ? "Submenu; Escape goes back" : $"Boot menu of this guest ({menu.Source})").Append("\r\n\r\n");
        for (int i = 0; i < _level.Count; i++)
        {
            text.Append(i == _chosen ? " * " : "   ").Append(i).Append("  ").Append(Printable(_level[i].Title)).Append(_level[i].Children is null ? "" : " >").Append("\r\n");
        }

        Write(text.Append("\r\n").ToString());
    }

    private int IndexOf(BootEntry entry)
    {
        for (int i = 0; i < _level.Count; i++)
        {
            if (_level[i] == entry)
            {
                return i;
            }
        }

        return -1;
    }

    private BootEntry Say(BootEntry entry)
    {
        Write($"\r\nBooting {Printable(entry.Title)}\r\n");
        return entry;
    }

    private void Write(string text) => transcript.Append(Encoding.UTF8.GetBytes(text));

    /// <summary>Titles are the guest's, and the terminal a person's.</summary>
    private static string Printable(string title) => new([.. title.Select(c => char.IsControl(c) ? '?' : c)]);
}
