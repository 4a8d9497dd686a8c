// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;
using Domovoi.GuestDisks;
using Domovoi.GuestDisks.Ext;
using Domovoi.KernelImages;

namespace Domovoi.Toolstack.Doctor;

public sealed class DiskDoctorTests
{
    private static readonly string[] s_all =
    [
        "root-device", "fstab-device", "fstab-device", "initramfs-no-driver", "no-udev", "no-devpts", "no-getty", "interface-name", "persistent-net", "no-host-keys",
    ];

    [Fact]
    public void DiskFromAPc_HasEveryTrap()
    {
        using SickDisk disk = new SickDisk().Make();
        Assert.Equal(s_all, disk.Findings());
    }

    [Theory]
    [InlineData("-t ext4")]
    [InlineData("-t ext3 -b 1024")]
    [InlineData("-t ext4 -b 2048 -O ^metadata_csum")]
    public void Repair_RemovesWhatWasFound_AndTheFileSystemIsSound(string layout)
    {
        using SickDisk disk = new SickDisk().Make(layout);
        disk.Repair();
        Assert.Equal(["no-udev"], disk.Findings());         // its devices were made; the program comes from apt
        disk.IsSound();
    }

    [Fact]
    public void Repair_WritesWhatItSaid()
    {
        using SickDisk disk = new SickDisk().Make();
        disk.Repair();
        Assert.Contains("\nhvc0:2345:respawn:/sbin/getty -L hvc0 115200 vt220\n", disk.Read("/etc/inittab"), StringComparison.Ordinal);
        Assert.Equal($"# comment\nUUID={SickDisk.Uuid} / ext4 errors=remount-ro 0 1\n# /dev/sda5 none swap sw 0 0\ndevpts /dev/pts devpts gid=5,mode=620 0 0\n", disk.Read("/etc/fstab"));
        Assert.Contains($"root=UUID={SickDisk.Uuid} ro quiet", disk.Read("/boot/grub/grub.cfg"), StringComparison.Ordinal);
        Assert.Contains("iface eth0 inet dhcp", disk.Read("/etc/network/interfaces"), StringComparison.Ordinal);
        Assert.Contains("OPENSSH PRIVATE KEY", disk.Read("/etc/ssh/ssh_host_ed25519_key"), StringComparison.Ordinal);
        Assert.Equal(ExtFileKind.CharacterDevice, disk.Look(files => files.Find("/dev/hvc0")!.Kind));
        byte[] ramdisk = disk.Look(files => files.ReadBytes("/boot/initrd.img-6.1.0-9-amd64", 1 << 20))!;
        Assert.Contains("lib/modules/6.1.0-9-amd64/kernel/drivers/block/xen-blkfront.ko", Initramfs.Read(ramdisk).Names);
    }

    [Fact]
    public void Repair_OfADiskWithUdev_BringsAddedVcpusOnline()
    {
        using SickDisk disk = new SickDisk().With("sbin/udevd", "x").Make();
        Assert.Contains("vcpu-offline", disk.Findings());
        disk.Repair();
        Assert.Empty(disk.Findings());
        Assert.Contains("SUBSYSTEM==\"cpu\", ACTION==\"add\"", disk.Read("/etc/udev/rules.d/80-xen-vcpu.rules"), StringComparison.Ordinal);
    }

    [Fact]
    public void Repair_KeepsTheOldFilesInTheGuest()
    {
        using SickDisk disk = new SickDisk().Make();
        string before = disk.Read("/etc/inittab")!;
        disk.Repair();
        string folder = Assert.Single(disk.Look(files => files.List("/var/backups/domovoi-doctor")));
        Assert.Equal(before, disk.Read($"/var/backups/domovoi-doctor/{folder}/etc/inittab"));
    }

    [Fact]
    public void Undo_PutsEveryByteBack()
    {
        using SickDisk disk = new SickDisk().Make();
        byte[] before = File.ReadAllBytes(disk.Image);
        string undo = disk.Repair();
        Assert.NotEqual(before, File.ReadAllBytes(disk.Image));
        disk.Undo();
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(disk.Image)));
        Assert.False(File.Exists(undo));
    }

    [Fact]
    public void Undo_OfAHalfWrittenRepair_PutsEveryByteBack()
    {
        using SickDisk disk = new SickDisk().Make();
        byte[] before = File.ReadAllBytes(disk.Image);
        disk.Repair();
        byte[] after = File.ReadAllBytes(disk.Image);
        before.AsSpan(0, after.Length / 2).CopyTo(after);   // as if dom had been killed on its way
        File.WriteAllBytes(disk.Image, after);
        disk.Undo();
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(disk.Image)));
    }

    [Fact]
    public void Undo_AfterTheGuestHasWritten_IsRefused()
    {
        using SickDisk disk = new SickDisk().Make();
        disk.Repair();
        using (FileStream file = File.OpenWrite(disk.Image))
        {
            file.Position = (1 << 20) + 1024 + 0x2C;        // the superblock's time of the last mount
            file.Write("guest"u8);
        }

        Assert.Equal("doctor-changed", Assert.Throws<ProblemException>(disk.Undo).Problem.Code);
    }

    [Fact]
    public void Disk_ThatAnotherProcessWrites_IsRefused()
    {
        using SickDisk disk = new SickDisk().Make();
        using System.Diagnostics.Process holder = System.Diagnostics.Process.Start("sh", ["-c", "exec 3<>\"$0\"; exec sleep 60", disk.Image])!;
        SpinWait.SpinUntil(() => File.Exists($"/proc/{holder.Id}/fd/3"), 5000);
        ProblemException refusal = Assert.Throws<ProblemException>(disk.Repair);
        holder.Kill();
        Assert.Equal("disk-in-use", refusal.Problem.Code);
        Assert.Contains($"process {holder.Id}", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DiskFormat.Qcow2)]
    [InlineData(DiskFormat.Vhd)]
    [InlineData(DiskFormat.Vmdk)]
    public void ImageOfAnotherFormat_IsRepaired_AndPutBack(DiskFormat format)
    {
        using SickDisk disk = new SickDisk().Make().Convert(format);
        IsRepairedAndPutBack(disk);
    }

    [Fact]
    public void DiskOfAnNbdServer_IsRepaired_AndPutBack()
    {
        using SickDisk disk = new SickDisk().Make();
        using System.Diagnostics.Process server = disk.Serve();
        try
        {
            IsRepairedAndPutBack(disk);
        }
        finally
        {
            server.Kill();
        }
    }

    [Theory]
    [InlineData(DiskFormat.Qcow2, "qcow2")]
    [InlineData(DiskFormat.Vhd, "vhd")]
    [InlineData(DiskFormat.Vmdk, "vmdk")]
    [InlineData(DiskFormat.Vdi, "vdi")]
    [InlineData(DiskFormat.Vhdx, "vhdx")]
    [InlineData(DiskFormat.Qed, "qed")]
    public void ImageOfAnotherFormat_WithoutItsName_IsAskedAbout(DiskFormat format, string name)
    {
        using SickDisk disk = new SickDisk().Make().Convert(format);
        ProblemException question = Assert.Throws<ProblemException>(() => GuestDisk.Open(disk.Target, null, forWriting: false));
        Assert.Contains($"--format {name}", question.Problem.Hint, StringComparison.Ordinal);
        using GuestDisk raw = GuestDisk.Open(disk.Target, DiskFormat.Raw, forWriting: false);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(DiskFormat.Qcow2)]
    public void Disk_ThatADomainHasLocked_IsExamined_AndNotRepaired(DiskFormat? format)
    {
        using SickDisk disk = new SickDisk().Make();
        disk.Convert(format ?? DiskFormat.Raw);
        using Storage.IDisk held = format is null
            ? Storage.RawDisk.Open(disk.Target, new Storage.DiskOptions())
            : Storage.ForeignDisk.Open(disk.Target, "qcow2", new Storage.DiskOptions());
        Assert.NotEmpty(disk.Findings());
        Assert.Equal("disk-in-use", Assert.Throws<ProblemException>(disk.Repair).Problem.Code);
    }

    private static void IsRepairedAndPutBack(SickDisk disk)
    {
        byte[] before = disk.Bytes();
        Assert.Equal(s_all, disk.Findings());
        string undo = disk.Repair();
        Assert.Equal(["no-udev"], disk.Findings());
        disk.IsSound();
        disk.Undo();
        Assert.True(before.AsSpan().SequenceEqual(disk.Bytes()));
        Assert.False(File.Exists(undo));
    }

    [Fact]
    public void FullFileSystem_IsLeftAsItWas()
    {
        using SickDisk full = new SickDisk().Make("-t ext4 -N 64");     // no inode for what is to be written
        byte[] before = File.ReadAllBytes(full.Image);
        Assert.Equal("doctor-failed", Assert.Throws<ProblemException>(full.Repair).Problem.Code);
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(full.Image)));
    }

    [Theory]
    [InlineData("Package: udev\nStatus: install ok installed\nSource: systemd\nVersion: 252.39-1~deb12u2\n", "enX0")]
    [InlineData("Package: udev\nStatus: install ok installed\nVersion: 247.3-7\n\nPackage: x\nVersion: 300\n", "eth0")]
    public void Interface_IsNamedAsTheGuestsUdevNamesIt(string packages, string name)
    {
        using SickDisk disk = new SickDisk().With("var/lib/dpkg/status", packages).Make();
        disk.Repair();
        Assert.Contains($"iface {name} inet dhcp", disk.Read("/etc/network/interfaces"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("etc/inittab", "hvc0:2345:respawn:/sbin/getty -L hvc0 9600 linux\n", "no-getty")]
    [InlineData("etc/inittab", "co:2345:respawn:/sbin/agetty hvc0 115200\n", "no-getty")]
    [InlineData("sbin/udevd", "x", "no-udev")]
    [InlineData("etc/rcS.d/S04mountdevsubfs.sh", "x", "no-devpts")]
    [InlineData("etc/ssh/ssh_host_rsa_key", "x", "no-host-keys")]
    [InlineData("etc/network/interfaces", "auto eth0\niface eth0 inet dhcp\n", "interface-name")]
    [InlineData("etc/network/interfaces", "auto /e*=dhcp\niface dhcp inet dhcp\niface enp0s3 inet dhcp\n", "interface-name")]
    [InlineData("etc/fstab", "/dev/xvda1 / ext4 defaults 0 1\n/dev/sr0 /media/cdrom iso9660 noauto 0 0\n", "fstab-device")]
    [InlineData("boot/config-6.1.0-9-amd64", "#\nCONFIG_XEN_PV=y\nCONFIG_XEN_BLKDEV_FRONTEND=y\n", "initramfs-no-driver")]
    public void Finding_IsNotMadeWhereAllIsWell(string path, string text, string code)
    {
        using SickDisk disk = new SickDisk().With(path, text).Make();
        Assert.DoesNotContain(code, disk.Findings());
    }

    [Theory]
    [InlineData("boot/config-6.1.0-9-amd64", "#\nCONFIG_X86=y\n", "kernel-not-pv")]
    [InlineData("boot/initrd.img-6.1.0-9-amd64", "rubbish", "initramfs-damaged")]
    [InlineData("boot/grub/grub.cfg", "menuentry x {\n echo nothing\n}\n", "no-kernel")]
    [InlineData("boot/grub/grub.cfg", "", "no-boot-menu")]
    [InlineData("etc/fstab", "/dev/xvda7 / ext4 defaults 0 1\n", "fstab-device")]
    [InlineData("etc/fstab", "UUID=11111111-2222-3333-4444-555555555555 / ext4 defaults 0 1\n", "fstab-device")]
    public void Finding_IsMadeWhereItIsSo(string path, string text, string code)
    {
        using SickDisk disk = new SickDisk().With(path, text).Make();
        Assert.Contains(code, disk.Findings());
    }

    [Fact]
    public void ForeignDisk_IsRefusedWithWhatItHolds()
    {
        using TemporaryDirectory folder = new();
        string swap = folder.Write("swap.img", new string('\0', 4086) + "SWAPSPACE2" + new string('\0', 100_000));
        using RawDisk disk = RawDisk.Open(swap);
        ProblemException refusal = Assert.Throws<ProblemException>(() => DiskDoctor.Examine(disk));
        Assert.Contains("swap space in the whole disk", refusal.Message, StringComparison.Ordinal);
    }
}
