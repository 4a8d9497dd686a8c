// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;
using Domovoi.Toolstack.Host;

namespace Domovoi.Toolstack.Configuration;

/// <summary><c>cpus=</c> and <c>cpus_soft=</c>: a string for all vCPUs, or a list with a string for each.</summary>
/// <remarks>As in xl, items for vCPUs that there are not mean nothing, and processors that the host does not have are left out while others remain.</remarks>
public sealed class AffinitySetting(SettingTable settings, HostProcessors host, List<Problem> warnings)
{
    /// <summary>What is said wherever a person asks for it.</summary>
    public const string SoftAffinity = "Linux has no soft affinity: it is kept and shown, and changes nothing";

    private const string Hard = "cpus";
    private const string Soft = "cpus_soft";

    /// <param name="vcpus">How many there can be.</param>
    public IReadOnlyList<VcpuAffinity> Read(int vcpus)
    {
        IReadOnlyList<int>[] hard = ForEach(Hard, vcpus, ReadHard);
        IReadOnlyList<int>[] soft = ForEach(Soft, vcpus, atom => Parse(Soft, atom).Processors);
        if (soft.Length > 0)
        {
            warnings.Add(new Problem("config-soft-affinity", $"{Soft}: {SoftAffinity}", settings.Find(Soft)!.Where));
        }

        return
        [
            .. Enumerable.Range(0, Math.Max(hard.Length, soft.Length)).Select(vcpu => new VcpuAffinity(
                vcpu < hard.Length ? hard[vcpu] : null,
                vcpu < soft.Length ? soft[vcpu] : null)),
        ];
    }

    private IReadOnlyList<int> ReadHard(ConfigAtom atom)
    {
        CpuList list = Parse(Hard, atom);
        if (list.Processors.Count == 0)
        {
            throw Mistake.At(
                "config-cpus",
                $"{Hard}: \"{atom.Text}\" leaves no processor of this host",
                atom.Where,
                $"this host has {CpuList.Show(host.Online)}");
        }

        if (list.Missing is { } missing)
        {
            warnings.Add(new Problem(
                "config-cpus",
                $"{Hard}: this host has no {missing}; {CpuList.Show(list.Processors)} is what remains of \"{atom.Text}\"",
                atom.Where));
        }

        return list.Processors;
    }

    private CpuList Parse(string key, ConfigAtom atom) => CpuList.TryParse(atom.Text, host, out CpuList list, out string mistake)
        ? list
        : throw Mistake.At("config-cpus", $"{key}: {mistake}", atom.Where);

    private IReadOnlyList<int>[] ForEach(string key, int vcpus, Func<ConfigAtom, IReadOnlyList<int>> read) => settings.Find(key)?.Value switch
    {
        null => [],
        ConfigAtom atom => [.. Enumerable.Repeat(read(atom), vcpus)],
        ConfigList list =>
        [
            .. list.Items.Take(vcpus).Select(item => read(item as ConfigAtom
                ?? throw Mistake.At("config-cpus", $"{key}: expected strings in the list", item.Where))),
        ],
        var other => throw Mistake.At("config-cpus", $"{key}: expected a string or a list", other.Where),
    };
}
