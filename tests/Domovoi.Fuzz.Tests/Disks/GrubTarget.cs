// SPDX-License-Identifier: MIT
using Domovoi.GuestDisks;
using Domovoi.GuestDisks.Grub;

namespace Domovoi.Fuzz.Disks;

/// <summary>Boot menus: scripts for GRUB 2 and files for GRUB 1 end in a menu or a refusal, whatever they say.</summary>
internal sealed class GrubTarget : IFuzzTarget
{
    private const string Old =
        "default 1\ntimeout 3\nhiddenmenu\ntitle a\nroot (hd0,0)\nkernel /boot/v root=/dev/xvda1 ro\ninitrd /boot/i\ntitle b\nroot (hd0,1)\n" +
        "kernel --type=linux /v\nmodule /i\n";

    private static readonly string[] Words =
    [
        "{", "}", ";", "\n", "&&", "||", "\"", "'", "\\", "$", "${", "$x", "if", "then", "else", "elif", "fi", "for i in 1 2; do", "while true; do", "done",
        "function f { f; }\nf\n", "set x=", "set default=", "menuentry 'a' {", "submenu 'b' {", "linux /k", "initrd /i", "source /boot/grub/grub.cfg",
        "configfile /boot/grub/grub.cfg", "search --fs-uuid --set=root 1234", "[ ", " ]", "test -e /k", "export ", "load_env", "regexp ", "until ", "#",
    ];

    private readonly string _script =
        File.ReadAllText(Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Grub"), "*.cfg").Order(StringComparer.Ordinal).First());

    public void Run(Random random)
    {
        string text = Mutation.Rewrite(random, random.Chance(4) ? Old : Part(random), Words, most: 12);
        TextFiles files = new() { Files = { ["/boot/grub/grub.cfg"] = text, ["/k"] = "", ["/i"] = "" } };
        try
        {
            BootMenu menu = random.Chance(2) && text.Contains("title", StringComparison.Ordinal)
                ? MenuLst.Parse(text, "/boot/grub/menu.lst")
                : files.Run(text);
            foreach (BootEntry entry in menu.Entries.Take(20))
            {
                Load(entry);
            }

            Load(menu.DefaultEntry);
        }
        catch (GuestDiskException)
        {
            // The one way to refuse.
        }
    }

    public void Dispose()
    {
    }

    private static void Load(BootEntry entry)
    {
        try
        {
            entry.Load?.Invoke();
        }
        catch (GuestDiskException)
        {
            // As above: another entry may still be good.
        }
    }

    /// <summary>Some lines of a real menu, so that cases are short and different.</summary>
    private string Part(Random random)
    {
        string[] lines = _script.Split('\n');
        int first = random.Chance(3) ? 0 : random.Next(lines.Length);
        return string.Join('\n', lines[first..Math.Min(lines.Length, first + random.Next(1, 80))]);
    }
}
