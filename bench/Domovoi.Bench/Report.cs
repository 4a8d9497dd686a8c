// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Domovoi.Bench;

/// <summary>The table for people, and the same as JSON with every single value.</summary>
internal sealed class Report(IReadOnlyDictionary<string, Measurement> machines, int runs)
{
    internal string ToText()
    {
        StringBuilder text = new();
        text.AppendLine(Row("work", "against", "theirs", "domovoi", "ratio", "to reach", ""));
        text.AppendLine(Row("---", "---", "---", "---", "---", "---", "---"));
        foreach (Promise promise in Promise.All)
        {
            double? theirs = Value(promise.Against, promise.Name), ours = Value("domovoi", promise.Name);
            double? ratio = ours / theirs;
            text.AppendLine(Row(
                promise.Work,
                promise.Against,
                theirs is null ? "" : $"{Number(theirs)} {promise.Unit}",
                Number(ours),
                ratio?.ToString("0.00", CultureInfo.InvariantCulture) ?? "",
                promise.Target,
                promise.Verdict(ratio)));
        }

        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Medians of {runs}; the machines ran in turns. Same kernel, same initramfs, same command line but the console.");
        foreach ((string name, Measurement measured) in machines)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"Guest's clock over host's, {name}: {measured.Median("clock-ratio"):0.0000}");
        }

        return text.ToString();
    }

    internal void WriteJson(string path)
    {
        using FileStream file = File.Create(path);
        using Utf8JsonWriter json = new(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("runs", runs);
        json.WriteStartObject("machines");
        foreach ((string machine, Measurement measured) in machines)
        {
            json.WriteStartObject(machine);
            foreach ((string name, List<double> values) in measured.Values)
            {
                json.WriteStartArray(name);
                values.ForEach(json.WriteNumberValue);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        WriteRatios(json);
        json.WriteEndObject();
    }

    private void WriteRatios(Utf8JsonWriter json)
    {
        json.WriteStartArray("ratios");
        foreach (Promise promise in Promise.All)
        {
            double? ratio = Value("domovoi", promise.Name) / Value(promise.Against, promise.Name);
            json.WriteStartObject();
            json.WriteString("work", promise.Work);
            json.WriteString("against", promise.Against);
            json.WriteString("target", promise.Target);
            json.WriteString("verdict", promise.Verdict(ratio));
            if (ratio is { } value)
            {
                json.WriteNumber("ratio", value);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private double? Value(string machine, string name) => machines.GetValueOrDefault(machine)?.Median(name);

    private static string Row(string work, string against, string theirs, string ours, string ratio, string target, string verdict) =>
        $"| {work,-50} | {against,-12} | {theirs,-24} | {ours,10} | {ratio,8} | {target,8} | {verdict,-12} |";

    private static string Number(double? value) => value switch
    {
        null => "",
        >= 1e6 => value.Value.ToString("0.00e0", CultureInfo.InvariantCulture),
        >= 100 => value.Value.ToString("0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.000", CultureInfo.InvariantCulture),
    };
}
