// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Configuration;

/// <summary>Every name a file and the command line set; the last word on a name counts, <c>+=</c> continues it.</summary>
public sealed class SettingTable
{
    private readonly Dictionary<string, Setting> _byName = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    /// <summary>In the order in which the names first appeared.</summary>
    public IEnumerable<Setting> All => _order.Select(name => _byName[name]);

    public Setting? Find(string name) => _byName.GetValueOrDefault(name);

    internal void Store(Setting setting)
    {
        if (!_byName.TryGetValue(setting.Name, out Setting? earlier))
        {
            _order.Add(setting.Name);
        }
        else if (setting.IsSum)
        {
            setting = setting with { Value = Sum(setting, earlier.Value) };
        }

        _byName[setting.Name] = setting;
    }

    private static ConfigValue Sum(Setting added, ConfigValue earlier) => (earlier, added.Value) switch
    {
        (ConfigAtom first, ConfigAtom second) => second with { Text = first.Text + second.Text },
        (ConfigList first, ConfigList second) => second with { Items = [.. first.Items, .. second.Items] },
        _ => throw Mistake.At(
            "config-sum",
            $"{added.Name} += cannot add a {(added.Value is ConfigList ? "list to a string" : "string to a list")}",
            added.Value.Where,
            $"{added.Name} was set at {earlier.Where}"),
    };
}
