// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.GuestDisks.Grub;

/// <summary>A guest's own boot menu.</summary>
/// <param name="Source">The file it was read from.</param>
/// <param name="Entries">As listed.</param>
/// <param name="Default">As GRUB writes it: a number, a title or an id; <c>&gt;</c> goes into a submenu.</param>
/// <param name="Timeout">Seconds until the default is booted; negative: it waits.</param>
/// <param name="IsHidden">Whether the menu is shown only when a key is pressed.</param>
public sealed record BootMenu(string Source, IReadOnlyList<BootEntry> Entries, string Default, int Timeout, bool IsHidden)
{
    /// <summary>The entry that <see cref="Default"/> names; the first one that boots if it names none.</summary>
    public BootEntry DefaultEntry => TryFind(Default, out BootEntry? entry) ? entry! : FirstThatBoots(Entries) ?? throw Empty();

    /// <summary>Finds an entry by number, title, or id, or several of them with <c>&gt;</c> between, as GRUB's <c>default</c> does.</summary>
    /// <exception cref="GuestDiskException">There is none such; the message lists what there is.</exception>
    public BootEntry Find(string wanted) => TryFind(wanted, out BootEntry? entry)
        ? entry!
        : throw new GuestDiskException(
            "grub-entry", $"{Source} has no entry \"{wanted}\".", "It has: " + string.Join(", ", Describe(Entries, "")));

    private GuestDiskException Empty() => new(
        "grub-empty", $"{Source} has no entry that boots a kernel.", "Run `update-grub` in the guest, or set kernel= and ramdisk= instead of bootloader=.");

    private bool TryFind(string wanted, out BootEntry? found)
    {
        found = null;
        IReadOnlyList<BootEntry>? level = Entries;
        if (Match(Entries, wanted) is { } whole)
        {
            found = whole.Children is { } inner ? FirstThatBoots(inner) : whole;
            return found is not null;
        }

        foreach (string step in wanted.Split('>'))
        {
            found = level is null ? null : Match(level, step.Trim());
            if (found is null)
            {
                return false;
            }

            level = found.Children;
        }

        found = found!.Children is { } children ? FirstThatBoots(children) : found;
        return found is not null;
    }

    private static BootEntry? Match(IReadOnlyList<BootEntry> level, string step) =>
        level.FirstOrDefault(entry => entry.Title == step || (entry.Id == step && step.Length > 0))
        ?? (int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < level.Count ? level[number] : null);

    private static BootEntry? FirstThatBoots(IReadOnlyList<BootEntry> level)
    {
        foreach (BootEntry entry in level)
        {
            if (entry.Load is not null || (entry.Children is { } children && FirstThatBoots(children) is not null))
            {
                return entry.Load is not null ? entry : FirstThatBoots(entry.Children!);
            }
        }

        return null;
    }

    private static IEnumerable<string> Describe(IReadOnlyList<BootEntry> level, string prefix)
    {
        for (int i = 0; i < level.Count; i++)
        {
            yield return $"{prefix}{i} \"{level[i].Title}\"";
            foreach (string child in Describe(level[i].Children ?? [], $"{prefix}{i}>"))
            {
                yield return child;
            }
        }
    }
}
