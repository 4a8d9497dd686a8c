// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Toolstack.Host;

/// <summary>The processors of this machine by number, from sysfs.</summary>
/// <param name="Online">In rising order.</param>
/// <param name="Nodes">The processors of each NUMA node.</param>
public sealed record HostProcessors(IReadOnlyList<int> Online, IReadOnlyDictionary<int, IReadOnlyList<int>> Nodes)
{
    private const string Devices = "/sys/devices/system";

    public static HostProcessors Read()
    {
        IReadOnlyList<int> online = ReadList($"{Devices}/cpu/online");
        Dictionary<int, IReadOnlyList<int>> nodes = [];
        foreach (int node in ReadList($"{Devices}/node/online"))
        {
            nodes[node] = ReadList(string.Create(CultureInfo.InvariantCulture, $"{Devices}/node/node{node}/cpulist"));
        }

        return new HostProcessors(online.Count > 0 ? online : [.. Enumerable.Range(0, Environment.ProcessorCount)], nodes);
    }

    /// <summary>A list as Linux writes it, <c>0-3,8</c>; empty when there is none.</summary>
    private static IReadOnlyList<int> ReadList(string path)
    {
        string text = File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        return
        [
            .. text.Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(static range => range.Split('-'))
                .Select(static ends => (First: Number(ends[0]), Last: Number(ends[^1])))
                .SelectMany(static range => Enumerable.Range(range.First, range.Last - range.First + 1)),
        ];
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
