// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Bench;

/// <summary>What the command line asks for.</summary>
/// <param name="Runs">How many turns each machine has.</param>
/// <param name="Parts">The parts to measure.</param>
/// <param name="Works">Names of works, with commas; empty for all.</param>
/// <param name="Machines">Who takes part.</param>
/// <param name="Resume">Keep what has been measured, and measure what is missing.</param>
/// <param name="Document">The folder of the page to write, or nothing.</param>
internal sealed record Options(int Runs, IReadOnlyList<Part> Parts, string Works, IReadOnlyList<string> Machines, bool Resume, string? Document)
{
    private static readonly string[] s_machines = [Machine.Qemu, Machine.Microvm, Machine.Ours, Machine.Native];

    /// <exception cref="FormatException">What is wrong, in words for the person who typed it.</exception>
    internal static Options Parse(ReadOnlySpan<string> arguments)
    {
        Options options = new(5, Part.All, "", s_machines, Resume: false, Document: null);
        for (int i = 0; i < arguments.Length; i++)
        {
            string option = arguments[i], value = i + 1 < arguments.Length ? arguments[i + 1] : "";
            options = option switch
            {
                "--resume" => options with { Resume = true },
                "--runs" when int.TryParse(value, CultureInfo.InvariantCulture, out int runs) && runs is >= 0 and < 100 => options with { Runs = runs },
                "--only" when value.Length > 0 => options.Choose(value.Split(',')),
                "--machines" when value.Length > 0 && value.Split(',').All(s_machines.Contains) => options with { Machines = value.Split(',') },
                "--write" when value.Length > 0 => options with { Document = value },
                _ => throw new FormatException($"'{option} {value}' is not understood; the head of bench/run shows the options"),
            };
            i += option == "--resume" ? 0 : 1;
        }

        return options;
    }

    private Options Choose(string[] names)
    {
        List<Part> parts = [];
        List<string> works = [];
        foreach (string name in names)
        {
            Part? part = Part.All.FirstOrDefault(part => part.Name == name);
            Row? row = Row.All.FirstOrDefault(row => row.Name == name && row.Part == "works");
            if (part is null && row is null)
            {
                throw new FormatException(
                    $"'{name}' is neither a part ({string.Join(", ", Part.All.Select(part => part.Name))}) "
                    + $"nor a work ({string.Join(", ", Row.All.Where(row => row.Part == "works").Select(row => row.Name))})");
            }

            if (row is not null)
            {
                works.Add(name);
            }

            parts.Add(part ?? Part.All.First(part => part.Name == "works"));
        }

        return this with { Parts = [.. parts.Distinct()], Works = string.Join(',', works) };
    }
}
