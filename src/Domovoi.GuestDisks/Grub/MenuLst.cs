// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.GuestDisks.Grub;

/// <summary>The configuration of GRUB before version 2: <c>menu.lst</c>, which also guests of the first cloud providers have.</summary>
internal static class MenuLst
{
    internal static BootMenu Parse(string text, string source)
    {
        List<BootEntry> entries = [];
        Entry? current = null;
        string chosen = "0";
        int timeout = -1;
        bool isHidden = false;
        string root = "";
        foreach (string raw in text.Split('\n'))
        {
            string line = raw.Trim();
            if (line.Length == 0 || line.StartsWith('#'))
            {
                continue;
            }

            int end = line.IndexOfAny([' ', '\t', '=']);
            string word = end < 0 ? line : line[..end];
            string rest = end < 0 ? "" : line[end..].TrimStart(' ', '\t', '=');
            switch (word)
            {
                case "title":
                    current = new Entry(rest, root);
                    entries.Add(new BootEntry(rest, null, null, current.Load));
                    break;
                case "default":
                    chosen = rest == "saved" ? "0" : rest;
                    break;
                case "timeout":
                    timeout = int.TryParse(rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seconds) ? seconds : -1;
                    break;
                case "hiddenmenu":
                    isHidden = true;
                    break;
                case "root" or "rootnoverify" or "uuid" when current is null:
                    root = Device(rest);
                    break;
                default:
                    current?.Take(word, rest);
                    break;
            }
        }

        return new BootMenu(source, entries, chosen, timeout, isHidden);
    }

    /// <summary><c>(hd0,0)</c> counts partitions from 0; GRUB 2, and we, from 1.</summary>
    private static string Device(string text)
    {
        string inner = text.Trim('(', ')', ' ');
        int comma = inner.IndexOf(',', StringComparison.Ordinal);
        return comma > 0 && int.TryParse(inner[(comma + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? $"{inner[..comma]},{number + 1}"
            : inner;
    }

    /// <summary>What follows a title.</summary>
    private sealed class Entry(string title, string root)
    {
        private readonly List<string> _ramdisks = [];
        private string _root = root;
        private string? _kernel;
        private string _arguments = "";

        internal void Take(string word, string rest)
        {
            switch (word)
            {
                case "root" or "rootnoverify":
                    _root = Device(rest);
                    break;
                case "kernel":
                    string[] words = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    words = [.. words.SkipWhile(option => option.StartsWith("--", StringComparison.Ordinal))];
                    _kernel = words.FirstOrDefault();
                    _arguments = string.Join(' ', words.Skip(1));
                    break;
                case "module" when _kernel is { } hypervisor && hypervisor.Contains("xen", StringComparison.Ordinal) && !hypervisor.Contains("vmlinu", StringComparison.Ordinal):
                    // A Xen host's own entry: its first module is the kernel.
                    string[] module = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    _kernel = module.FirstOrDefault();
                    _arguments = string.Join(' ', module.Skip(1));
                    break;
                case "initrd" or "module":
                    _ramdisks.AddRange(rest.Split(' ', StringSplitOptions.RemoveEmptyEntries));
                    break;
            }
        }

        internal BootLoad Load() => _kernel is { } kernel
            ? new BootLoad(Locate(kernel), _arguments, [.. _ramdisks.Select(Locate)])
            : throw new GuestDiskException("grub-entry", $"The entry \"{title}\" loads no Linux kernel.", "Choose another with bootloader_args=[\"--entry=NUMBER\"].");

        private BootFile Locate(string path)
        {
            int close = path.StartsWith('(') ? path.IndexOf(')', StringComparison.Ordinal) : -1;
            return close > 0 ? new BootFile(Device(path[..(close + 1)]), path[(close + 1)..]) : new BootFile(_root, path);
        }
    }
}
