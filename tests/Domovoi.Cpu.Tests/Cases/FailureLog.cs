// SPDX-License-Identifier: MIT
using System.Text;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Cases;

/// <summary>Collects failed cases: one report per instruction form, and how many more there were.</summary>
internal sealed class FailureLog
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Count, string Report)> _failures = [];

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _failures.Count;
            }
        }
    }

    internal bool Knows(CpuCase test)
    {
        lock (_gate)
        {
            return _failures.ContainsKey(KeyOf(test));
        }
    }

    internal void Add(CpuCase test, string report)
    {
        lock (_gate)
        {
            string key = KeyOf(test);
            _failures.TryGetValue(key, out (int Count, string Report) known);
            _failures[key] = (known.Count + 1, known.Report ?? report);
        }
    }

    internal string Describe(int limit)
    {
        lock (_gate)
        {
            var text = new StringBuilder($"{_failures.Count} kinds of difference between guest and host{Environment.NewLine}");
            foreach ((string key, (int count, string report)) in _failures.OrderBy(pair => pair.Key, StringComparer.Ordinal).Take(limit))
            {
                text.AppendLine($"{key} ({count} times)").AppendLine(report);
            }

            if (_failures.Count > limit)
            {
                text.AppendLine("and " + string.Join("; ", _failures.Keys.Order(StringComparer.Ordinal).Skip(limit)));
            }

            return text.ToString();
        }
    }

    private static string KeyOf(CpuCase test) =>
        string.Join(' ', test.Program.Take(3).Select(instruction => instruction.Code)) + (test.Program.Count > 3 ? " ..." : "");
}
