// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Bench;

/// <summary>What one machine showed, run by run: a list of values for each name.</summary>
internal sealed class Measurement
{
    private readonly Dictionary<string, List<double>> _values = [];

    internal IReadOnlyDictionary<string, List<double>> Values => _values;

    internal void Add(string name, double value)
    {
        if (!_values.TryGetValue(name, out List<double>? list))
        {
            _values[name] = list = [];
        }

        list.Add(value);
    }

    internal double? Median(string name)
    {
        if (!_values.TryGetValue(name, out List<double>? list))
        {
            return null;
        }

        List<double> sorted = [.. list.Order()];
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>Takes what a console line reports: <c>RESULT name rate unit seconds</c>, or <c>openssl speed -mr</c>'s own form.</summary>
    internal void AddFromConsole(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] fields = line.Split(':');
        if (words is ["RESULT", var name, var rate, _, _])
        {
            Add(name, Number(rate));
        }
        else if (fields is ["+F", _, var cipher, var bytesPerSecond])
        {
            Add(cipher.Contains("GCM", StringComparison.OrdinalIgnoreCase) ? "aes-128-gcm" : "sha-256", Number(bytesPerSecond) / 1e6);
        }
        else if (fields is ["+F2", _, "2048", var signatures, _])
        {
            Add("rsa-2048", Number(signatures));
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
