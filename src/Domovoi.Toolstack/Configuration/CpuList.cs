// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Toolstack.Host;

namespace Domovoi.Toolstack.Configuration;

/// <summary>Processors of the host in xl's grammar: <c>all</c>, <c>0-3,^2</c>, <c>nodes:0-1,^node:1</c>; parts count from left to right.</summary>
/// <param name="Processors">In rising order; may be none.</param>
/// <param name="Missing">The first that was named and is not there.</param>
public sealed record CpuList(IReadOnlyList<int> Processors, string? Missing = null)
{
    private const string Forms = "0-3,5,^1, \"all\" or \"nodes:0-1\" was expected";

    /// <param name="text">The list.</param>
    /// <param name="host">What <c>all</c> is, and what nodes hold.</param>
    /// <param name="list">What it says.</param>
    /// <param name="mistake">Why it says nothing.</param>
    public static bool TryParse(string text, HostProcessors host, out CpuList list, out string mistake)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(host);
        SortedSet<int> chosen = [];
        string? missing = null;
        mistake = "";
        list = new CpuList([]);
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string rest = part.TrimStart();
            bool removes = Skip(ref rest, "^");
            bool isNodes = Skip(ref rest, "node:") || Skip(ref rest, "nodes:");
            if (rest == "all")
            {
                if (removes)
                {
                    mistake = $"\"^\" and \"all\" cannot be combined, found \"{part}\"";
                    return false;
                }

                chosen.UnionWith(host.Online);
                continue;
            }

            if (!TryParseRange(rest, out uint first, out uint last))
            {
                mistake = $"{Forms}, found \"{(part.Length > 40 ? part[..37] + "..." : part)}\"";
                return false;
            }

            int[] named = [.. isNodes ? OfNodes(host, first, last) : host.Online.Where(cpu => cpu >= first && cpu <= last)];
            if (removes)
            {
                chosen.ExceptWith(named);
                continue;
            }

            chosen.UnionWith(named);
            missing ??= FirstMissing(isNodes ? [.. host.Nodes.Keys.Order()] : host.Online, first, last, isNodes ? "node " : "CPU ");
        }

        list = new CpuList([.. chosen], missing);
        return true;
    }

    /// <summary>As ranges: <c>0-3,5</c>; <c>none</c> for none.</summary>
    public static string Show(IReadOnlyList<int> processors)
    {
        ArgumentNullException.ThrowIfNull(processors);
        List<string> ranges = [];
        for (int i = 0; i < processors.Count; i++)
        {
            int first = processors[i];
            while (i + 1 < processors.Count && processors[i + 1] == processors[i] + 1)
            {
                i++;
            }

            string range = first.ToString(CultureInfo.InvariantCulture);
            ranges.Add(processors[i] == first ? range : string.Create(CultureInfo.InvariantCulture, $"{range}-{processors[i]}"));
        }

        return ranges.Count == 0 ? "none" : string.Join(',', ranges);
    }

    /// <summary>As <see cref="Show(IReadOnlyList{int})"/>, but <c>all</c> for all of the host's.</summary>
    public static string Show(IReadOnlyList<int> processors, HostProcessors host)
    {
        ArgumentNullException.ThrowIfNull(processors);
        ArgumentNullException.ThrowIfNull(host);
        return host.Online.All(processors.Contains) ? "all" : Show(processors);
    }

    private static IEnumerable<int> OfNodes(HostProcessors host, uint first, uint last) =>
        host.Nodes.Where(node => node.Key >= first && node.Key <= last).SelectMany(static node => node.Value);

    private static string? FirstMissing(IReadOnlyList<int> there, uint first, uint last, string kind)
    {
        uint next = first;
        foreach (int number in there.Where(number => number >= first && number <= last))
        {
            if (number != next)
            {
                break;
            }

            next++;
        }

        return next > last ? null : string.Create(CultureInfo.InvariantCulture, $"{kind}{next}");
    }

    private static bool TryParseRange(ReadOnlySpan<char> text, out uint first, out uint last)
    {
        last = 0;
        int dash = text.IndexOf('-');
        ReadOnlySpan<char> start = dash < 0 ? text : text[..dash];
        return TryParseNumber(start, out first)
            && TryParseNumber(dash < 0 ? start : text[(dash + 1)..], out last)
            && first <= last;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, out uint value) =>
        uint.TryParse(text, NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out value) && value < int.MaxValue;

    private static bool Skip(ref string text, string prefix)
    {
        if (!text.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        text = text[prefix.Length..];
        return true;
    }
}
