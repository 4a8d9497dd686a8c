// SPDX-License-Identifier: MIT
using CsCheck;

namespace Domovoi.GuestDisks.Ext;

/// <summary>The disk is the guest's: whatever is on it, reading it ends, and ends with an answer or with one kind of exception.</summary>
public sealed class HostileDiskTests
{
    [Theory]
    [InlineData("-t ext4 -b 1024")]
    [InlineData("-t ext3 -b 1024")]
    [InlineData("-t ext4 -b 1024 -O inline_data,metadata_csum")]
    public void DamagedBytes_EndInAnAnswerOrARefusal(string layout)
    {
        using TestDisk made = new TestDisk().With("boot/grub/grub.cfg", "menuentry x {\n linux /k\n}\n").With("k", new string('k', 30_000))
            .WithLink("l", "boot/grub").Make(layout, "2M");
        made.Debugfs("jo\njw -b 900 /etc/hostname\njc\n");
        (string kernel, string ramdisk) = (made.File("kernel"), made.File("ramdisk"));
        byte[] good = File.ReadAllBytes(made.Image);
        int[] used = [.. Enumerable.Range(0, good.Length).Where(i => good[i] != 0)];
        Gen<(int, byte)[]> damages = Gen.Select(Gen.Int[0, used.Length - 1], Gen.Byte).Array[1, 40];
        damages.Sample(damage => ReadAll(Damage(good, used, damage), kernel, ramdisk), iter: 1500, threads: 1);
    }

    private static byte[] Damage(byte[] good, int[] used, (int Place, byte Value)[] damages)
    {
        byte[] bad = (byte[])good.Clone();
        foreach ((int place, byte value) in damages)
        {
            bad[used[place]] = value;
        }

        return bad;
    }

    private static void ReadAll(byte[] image, string kernel, string ramdisk)
    {
        using MemoryDisk disk = new(image);
        try
        {
            using GuestFileSystems systems = GuestFileSystems.Open(disk);
            foreach (ExtFileSystem files in systems.Readable.Select(part => part.Files))
            {
                files.List("/");
                files.List("/l");
                files.ReadText("/l/grub.cfg");
                files.CopyTo("/k", Stream.Null, 1 << 20);
            }

            Grub.GuestBootLoader loader = Grub.GuestBootLoader.Open(systems);
            loader.Extract(loader.Menu.DefaultEntry.Load!(), kernel, ramdisk);
        }
        catch (GuestDiskException)
        {
            // The one way to refuse.
        }
    }
}
