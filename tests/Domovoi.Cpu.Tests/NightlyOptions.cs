// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Cpu.Tests.Machines;

namespace Domovoi.Cpu.Tests;

/// <summary>What the long run is told to do.</summary>
internal sealed class NightlyOptions
{
    internal int Seed { get; private set; } = 1;

    /// <summary>For all stresses together.</summary>
    internal int Seconds { get; private set; } = 600;

    /// <summary>Most runs with each stress.</summary>
    internal long Cases { get; private set; } = long.MaxValue;

    internal int Parallel { get; private set; } = Environment.ProcessorCount;

    /// <summary>Runs of each random program.</summary>
    internal int States { get; private set; } = 4;

    internal string What { get; private set; } = "all";

    /// <summary>One after the other.</summary>
    internal IReadOnlyList<Stress> Stresses { get; private set; } = [Stress.None];

    internal static bool TryParse(ReadOnlySpan<string> arguments, out NightlyOptions options)
    {
        options = new NightlyOptions();
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string? value = i + 1 < arguments.Length ? arguments[i + 1] : null;
            if (value is null || !options.TrySet(arguments[i], value))
            {
                Console.Error.WriteLine($"Cannot use \"{arguments[i]} {value}\". Options: --seed N, --seconds N, --cases N, --parallel N, " +
                    "--states 1..8, --what forms|sequences|mutations|all, --stress all or some of " +
                    string.Join(',', Enum.GetNames<Stress>()).ToLowerInvariant());
                return false;
            }
        }

        return true;
    }

    private bool TrySet(string name, string value)
    {
        bool isNumber = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= int.MaxValue;
        switch (name)
        {
            case "--seed" when isNumber: Seed = (int)number; return true;
            case "--seconds" when isNumber: Seconds = (int)number; return true;
            case "--cases": return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number) && (Cases = number) > 0;
            case "--parallel" when isNumber && number > 0: Parallel = (int)number; return true;
            case "--states" when isNumber && number is > 0 and <= 8: States = (int)number; return true;
            case "--what" when value is "forms" or "sequences" or "mutations" or "all": What = value; return true;
            case "--stress": return TrySetStresses(value);
            default: return false;
        }
    }

    private bool TrySetStresses(string value)
    {
        if (value == "all")
        {
            Stresses = Enum.GetValues<Stress>();
            return true;
        }

        var chosen = new List<Stress>();
        foreach (string name in value.Split(','))
        {
            if (!Enum.TryParse(name, ignoreCase: true, out Stress stress) || !Enum.IsDefined(stress))
            {
                return false;
            }

            chosen.Add(stress);
        }

        Stresses = chosen;
        return true;
    }
}
