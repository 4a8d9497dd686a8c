// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>Short words for tests of the grammar.</summary>
internal static class Parsing
{
    internal static SettingTable Settings(string text)
    {
        SettingTable settings = new();
        ConfigurationParser.Parse(text, "t.cfg", settings);
        return settings;
    }

    internal static string Text(string text, string name) => Show(Settings(text).Find(name)!.Value);

    internal static Problem Problem(string text) => Assert.Throws<ProblemException>(() => Settings(text)).Problem;

    internal static string Show(ConfigValue value) => value switch
    {
        ConfigAtom atom => atom.Text,
        ConfigList list => $"[{string.Join('|', list.Items.Select(Show))}]",
        _ => throw new InvalidOperationException(),
    };
}
