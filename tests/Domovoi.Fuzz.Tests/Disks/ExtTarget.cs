// SPDX-License-Identifier: MIT
using Domovoi.GuestDisks;
using Domovoi.GuestDisks.Ext;
using Domovoi.GuestDisks.Grub;

namespace Domovoi.Fuzz.Disks;

/// <summary>ext file systems and their journals, damaged: reading them ends, in an answer or a refusal.</summary>
internal sealed class ExtTarget : IFuzzTarget
{
    private static readonly string[] Layouts =
    [
        "-t ext2 -b 1024", "-t ext3 -b 1024", "-t ext4 -b 1024", "-t ext4 -b 4096 -O inline_data,metadata_csum,64bit", "-t ext4 -b 1024 -O ^dir_index,^extent,^64bit",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("domovoi-fuzz-").FullName;
    private readonly List<(byte[] Image, int[] Used)> _good = [];

    public ExtTarget()
    {
        string tree = Path.Combine(_folder, "tree");
        Directory.CreateDirectory(Path.Combine(tree, "boot/grub"));
        File.WriteAllText(Path.Combine(tree, "boot/grub/grub.cfg"), "menuentry x {\n linux /k root=/dev/xvda\n initrd /boot/i\n}\n");
        File.WriteAllText(Path.Combine(tree, "k"), new string('k', 60_000));
        File.WriteAllText(Path.Combine(tree, "boot/i"), new string('i', 3_000));
        File.CreateSymbolicLink(Path.Combine(tree, "l"), "boot/grub");
        for (int number = 0; number < 60; number++)
        {
            File.WriteAllText(Path.Combine(tree, $"boot/a-file-with-quite-a-long-name-{number}"), "x");
        }

        foreach (string layout in Layouts)
        {
            string path = Path.Combine(_folder, "image");
            HostTool.Run("mke2fs", ["-q", "-F", .. layout.Split(' '), "-d", tree, path, "2M"]);
            if (!layout.Contains("ext2", StringComparison.Ordinal))
            {
                HostTool.Feed("jo\njw -b 900 /etc/hostname\njc\n", "debugfs", "-w", "-f", "-", path);
            }

            byte[] image = File.ReadAllBytes(path);
            _good.Add((image, [.. Enumerable.Range(0, image.Length).Where(i => image[i] is not (0 or (byte)'k' or (byte)'i'))]));
            File.Delete(path);
        }
    }

    public void Run(Random random)
    {
        (byte[] good, int[] used) = _good[random.Next(_good.Count)];
        byte[] bad = (byte[])good.Clone();
        Mutation.Damage(random, bad, used, most: random.Chance(3) ? 40 : 4);
        if (random.Chance(3))
        {
            Mutation.Damage(random, bad.AsSpan(1024, 1024), [], most: 4);           // the superblock
        }

        if (random.Chance(20))
        {
            bad = bad[..random.Next(bad.Length)];
        }

        using MemoryDisk disk = new(bad);
        Refusable(() =>
        {
            using GuestFileSystems systems = GuestFileSystems.Open(disk);
            foreach (ExtFileSystem files in systems.Readable.Select(static part => part.Files))
            {
                foreach (string path in new[] { "/", "/l", "/boot", "/boot/grub", "/lost+found" })
                {
                    Refusable(() => files.List(path));
                }

                Refusable(() => files.ReadText("/l/grub.cfg"));
                Refusable(() => files.CopyTo("/k", Stream.Null, 1 << 20));
            }

            GuestBootLoader loader = GuestBootLoader.Open(systems);
            loader.Extract(loader.Menu.DefaultEntry.Load!(), Path.Combine(_folder, "kernel"), Path.Combine(_folder, "ramdisk"));
        });
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Refusable(Action read)
    {
        try
        {
            read();
        }
        catch (GuestDiskException)
        {
            // The one way to refuse.
        }
    }
}
