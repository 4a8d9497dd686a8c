// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Text;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Generation;

/// <summary>Counts which instruction forms were compared, for the report in the documentation. Thread safe.</summary>
internal sealed class Coverage
{
    private readonly ConcurrentDictionary<(int Bitness, Code Code), int> _cases = new();

    internal void Add(int bitness, Code code) => _cases.AddOrUpdate((bitness, code), 1, static (_, count) => count + 1);

    internal string Report(int bitness)
    {
        var text = new StringBuilder();
        Code[] testable = InstructionCatalog.Testable(bitness);
        Code[] missing = [.. testable.Where(code => !_cases.ContainsKey((bitness, code)))];
        text.AppendLine($"{bitness}-bit: {testable.Length - missing.Length} of {testable.Length} instruction forms compared with the host, " +
            $"{_cases.Where(pair => pair.Key.Bitness == bitness).Sum(pair => (long)pair.Value)} cases");
        if (missing.Length > 0)
        {
            text.AppendLine($"  not reached: {string.Join(' ', missing.Take(40))}{(missing.Length > 40 ? " ..." : "")}");
        }

        if (bitness == 32)
        {
            text.AppendLine("  as 64-bit code with 32-bit addresses; forms without such a twin are not compared");
            return text.ToString();
        }

        IEnumerable<IGrouping<string, Code>> excluded = Enum.GetValues<Code>()
            .Select(code => (Code: code, Reason: InstructionCatalog.ReasonToExclude(code, bitness)))
            .Where(pair => pair.Reason is not null and not "not an instruction of this mode")
            .GroupBy(pair => pair.Reason!, pair => pair.Code)
            .OrderBy(group => group.Key, StringComparer.Ordinal);
        foreach (IGrouping<string, Code> group in excluded)
        {
            string names = group.Count() <= 40 ? ": " + string.Join(' ', group) : "";
            text.AppendLine($"  excluded, {group.Key}: {group.Count()}{names}");
        }

        return text.ToString();
    }
}
