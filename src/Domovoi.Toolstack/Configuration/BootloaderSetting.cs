// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;

namespace Domovoi.Toolstack.Configuration;

/// <summary><c>bootloader=</c> and <c>bootloader_args=</c>: pygrub's, whose work is done here without it.</summary>
internal static class BootloaderSetting
{
    private const string Words = "--entry=NUMBER, TITLE or ID; --kernel=, --ramdisk=; --quiet";

    internal static BootloaderSpecification? Read(SettingTable settings, SettingReader reader)
    {
        string? name = reader.Text("bootloader");
        if (string.IsNullOrEmpty(name))
        {
            return null;
        }

        if (Path.GetFileName(name) is not ("pygrub" or "pygrub.py"))
        {
            throw reader.Wrong("bootloader", $"\"{name}\" is not known, expected \"pygrub\"", "write bootloader=\"pygrub\"; it reads GRUB's menus on the first disk");
        }

        BootloaderSpecification parsed = new();
        Queue<ConfigAtom> words = new(Arguments(settings.Find("bootloader_args")?.Value));
        while (words.TryDequeue(out ConfigAtom? word))
        {
            int equals = word.Text.IndexOf('=', StringComparison.Ordinal);
            string option = equals > 0 ? word.Text[..equals] : word.Text;
            parsed = option switch
            {
                "--entry" => parsed with { Entry = Value() },
                "--kernel" => parsed with { Kernel = Value() },
                "--ramdisk" => parsed with { Ramdisk = Value() },
                "-q" or "--quiet" => parsed with { Quiet = true },
                "-i" or "--interactive" => parsed with { Quiet = false },
                _ => throw Mistake.At("config-value", $"bootloader_args: \"{word.Text}\" is not known", word.Where, $"known are {Words}"),
            };

            string Value() => equals > 0 ? word.Text[(equals + 1)..]
                : words.TryDequeue(out ConfigAtom? next) ? next.Text
                : throw Mistake.At("config-value", $"bootloader_args: {option} needs a value", word.Where, $"write {option}=VALUE");
        }

        return parsed;
    }

    /// <summary>A list of words, or, as xl takes it too, one string with blanks between them.</summary>
    private static IEnumerable<ConfigAtom> Arguments(ConfigValue? value) => value switch
    {
        null => [],
        ConfigAtom atom => atom.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => new ConfigAtom(word, atom.Where)),
        ConfigList list => list.Items.Select(item => item as ConfigAtom
            ?? throw Mistake.At("config-value", "bootloader_args: expected strings in the list", item.Where)),
        _ => [],
    };
}
