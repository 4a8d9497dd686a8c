// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Net.Sockets;
using Domovoi.Contracts.Devices;
using Domovoi.GuestDisks;
using Domovoi.GuestDisks.Ext;
using Domovoi.Toolstack.Provisioning;

namespace Domovoi.Toolstack.Doctor;

/// <summary>A small sysvinit Debian as it came from a PC, on a disk with an MBR; tests spoil it further, or make it well.</summary>
internal sealed class SickDisk : IDisposable
{
    internal const string Uuid = "6f1d3c1e-54d5-4c9d-9a0e-2b7f1c1d2e3f";
    private const int PartitionStart = 1 << 20;
    private const string Kernel = "6.1.0-9-amd64";
    private readonly TemporaryDirectory _folder = new();
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    internal SickDisk()
    {
        With("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n").With("sbin/getty", "").With("usr/sbin/sshd", "")
            .With("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n")
            .With("etc/fstab", "# comment\n/dev/sda1 / ext4 errors=remount-ro 0 1\n/dev/sda5 none swap sw 0 0\n")
            .With("etc/inittab", "id:2:initdefault:\n1:2345:respawn:/sbin/getty 38400 tty1\n#hvc0:2345:respawn:/sbin/getty hvc0\n")
            .With("etc/network/interfaces", "auto lo\niface lo inet loopback\nallow-hotplug enp0s3\niface enp0s3 inet dhcp\n")
            .With("etc/udev/rules.d/70-persistent-net.rules", "SUBSYSTEM==\"net\", ATTR{address}==\"00:11:22:33:44:55\", NAME=\"eth0\"\n")
            .With("etc/initramfs-tools/modules", "# modules\n")
            .With("boot/grub/grub.cfg", $"menuentry 'Debian' {{\n linux /boot/vmlinuz-{Kernel} root=/dev/sda1 ro quiet\n initrd /boot/initrd.img-{Kernel}\n}}\n")
            .With($"boot/config-{Kernel}", "#\nCONFIG_XEN=y\nCONFIG_XEN_PV=y\nCONFIG_XEN_BLKDEV_FRONTEND=m\n")
            .With($"boot/vmlinuz-{Kernel}", "kernel").With($"boot/initrd.img-{Kernel}", Ramdisk())
            .With($"lib/modules/{Kernel}/modules.dep", "kernel/drivers/block/xen-blkfront.ko:\n")
            .With($"lib/modules/{Kernel}/kernel/drivers/block/xen-blkfront.ko", "the driver");
    }

    internal string Image => Path.Combine(_folder.Path, "disk.img");

    /// <summary>What the doctor is given: the raw image, unless it was converted or is served.</summary>
    internal string Target
    {
        get => field ?? Image;
        set;
    }

    internal DiskFormat? Format { get; private set; }

    internal SickDisk With(string path, string text) => With(path, System.Text.Encoding.UTF8.GetBytes(text));

    internal SickDisk With(string path, byte[] bytes)
    {
        _files[path] = bytes;
        return this;
    }

    internal SickDisk Without(string path)
    {
        _files.Remove(path);
        return this;
    }

    /// <summary>Writes the image: an MBR, and the file system in its first partition.</summary>
    internal SickDisk Make(string layout = "-t ext4")
    {
        string tree = Path.Combine(_folder.Path, "tree");
        foreach ((string path, byte[] bytes) in _files)
        {
            string file = Path.Combine(tree, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, bytes);
        }

        string part = Path.Combine(_folder.Path, "part.img");
        Run("mke2fs", ["-q", "-F", .. layout.Split(' '), "-U", Uuid, "-d", tree, part, "24M"]);
        using (FileStream image = File.Create(Image))
        {
            image.SetLength(32 << 20);
        }

        Run("sh", ["-c", "printf 'label: dos\\nsize=24M\\n' | /usr/sbin/sfdisk -q --no-reread --no-tell-kernel \"$0\"", Image]);
        using FileStream disk = File.OpenWrite(Image);
        disk.Position = PartitionStart;
        disk.Write(File.ReadAllBytes(part));
        return this;
    }

    /// <summary>Turns the raw image into one of another format; further work is done on that.</summary>
    internal SickDisk Convert(DiskFormat format)
    {
        string name = format == DiskFormat.Vhd ? "vpc" : format.ToString().ToLowerInvariant();
        string converted = Path.Combine(_folder.Path, "disk.other");
        Run("qemu-img", ["convert", "-f", "raw", "-O", name, Image, converted]);
        (Target, Format) = (converted, format);
        return this;
    }

    /// <summary>Has a qemu-nbd serve the raw image until it is killed.</summary>
    internal Process Serve()
    {
        string? program = Images.HostPrograms.Find("qemu-nbd");
        Assert.SkipWhen(program is null, "qemu-nbd is not installed.");
        string socket = Path.Combine(_folder.Path, "socket");
        Target = $"nbd+unix:///?socket={socket}";
        Process server = Process.Start(program!, ["--format=raw", "--persistent", "--socket", socket, Image]);
        Assert.True(SpinWait.SpinUntil(() => Listens(socket), 20_000));
        return server;
    }

    /// <summary>The socket's file is there before anybody listens on it.</summary>
    private static bool Listens(string socket)
    {
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            client.Connect(new UnixDomainSocketEndPoint(socket));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>The image as raw bytes, whatever its format.</summary>
    internal byte[] Bytes()
    {
        using GuestDisk disk = GuestDisk.Open(Target, Format, forWriting: false);
        byte[] bytes = new byte[32 << 20];
        disk.Read(0, bytes);
        return bytes;
    }

    internal string[] Findings()
    {
        using GuestDisk disk = GuestDisk.Open(Target, Format, forWriting: false);
        return [.. DiskDoctor.Examine(disk).Findings.Select(finding => finding.Code)];
    }

    internal string Repair()
    {
        using DiskSurgery surgery = DiskSurgery.Begin(Target, Format);
        return surgery.Repair();
    }

    internal void Undo()
    {
        using DiskSurgery surgery = DiskSurgery.Begin(Target, Format);
        surgery.Undo();
    }

    internal string? Read(string path) => Look(files => files.ReadText(path));

    internal T Look<T>(Func<ExtFileSystem, T> look)
    {
        using GuestDisk disk = GuestDisk.Open(Target, Format, forWriting: false);
        using GuestFileSystems systems = GuestFileSystems.Open(disk);
        return look(systems.Readable[0].Files);
    }

    /// <summary>e2fsck's judgement of the partition, from a copy.</summary>
    internal void IsSound()
    {
        string part = Path.Combine(_folder.Path, "checked.img");
        byte[] whole = Bytes();
        File.WriteAllBytes(part, whole[PartitionStart..(PartitionStart + (24 << 20))]);
        Run("e2fsck", ["-fn", part]);
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Ramdisk()
    {
        using MemoryStream bytes = new();
        InitramfsContents contents = new() { Init = "#!/bin/sh\n", Files = [("/etc/hostname", "etc/hostname")] };
        InitramfsBuilder.Append(contents, bytes);
        return bytes.ToArray();
    }

    private static void Run(string program, string[] arguments)
    {
        string? found = Images.HostPrograms.Find(program);
        Assert.SkipWhen(found is null, $"{program} is not installed.");
        using Process process = Process.Start(new ProcessStartInfo(found!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string said = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {said}");
    }
}
