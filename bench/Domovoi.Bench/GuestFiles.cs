// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.Bench;

/// <summary>What both sides boot: one kernel, two initramfs images, and the kernel's unpacked ELF for QEMU's microvm.</summary>
internal sealed class GuestFiles
{
    private static readonly string[] s_programs = ["usr/bin/openssl", "usr/bin/xz", "bin/gzip"];
    private readonly string _folder;

    private GuestFiles(string folder) => _folder = folder;

    internal string Kernel => Path.Combine(_folder, "vmlinuz");

    internal string UnpackedKernel => Path.Combine(_folder, "vmlinux");

    internal string BootRamdisk => Path.Combine(_folder, "boot.cpio");

    internal string MicroRamdisk => Path.Combine(_folder, "micro.cpio");

    internal static GuestFiles Prepare(string repository, string folder)
    {
        Directory.CreateDirectory(folder);
        GuestFiles files = new(folder);
        Command.Run("sh", Path.Combine(repository, "bench/fetch"), folder);
        files.UnpackKernel();
        string guest = Path.Combine(repository, "bench/guest");
        string micro = Path.Combine(folder, "micro");
        Command.Run("gcc", "-O2", "-static", Path.Combine(guest, "micro.c"), "-o", micro);
        files.WriteBootRamdisk(guest);
        files.WriteMicroRamdisk(guest, micro);
        return files;
    }

    private string Root(string name) => Path.Combine(_folder, "root", name);

    /// <summary>Boot protocol 2.08: the setup header says where the payload is; Debian's is xz, with its length behind it.</summary>
    private void UnpackKernel()
    {
        if (File.Exists(UnpackedKernel))
        {
            return;
        }

        byte[] image = File.ReadAllBytes(Kernel);
        int setupSectors = image[0x1F1] == 0 ? 4 : image[0x1F1];
        int start = ((setupSectors + 1) * 512) + BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(0x248));
        int length = BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(0x24C));
        string packed = Path.Combine(_folder, "payload.xz");
        File.WriteAllBytes(packed, image.AsSpan(start, length - 4));
        Command.Run("sh", "-c", $"xz -dc '{packed}' > '{UnpackedKernel}.part' && mv '{UnpackedKernel}.part' '{UnpackedKernel}'");
        File.Delete(packed);
    }

    private void WriteBootRamdisk(string guest)
    {
        using FileStream file = File.Create(BootRamdisk);
        CpioArchive archive = new(file);
        archive.AddFile("bin/busybox", Root("bin/busybox"));
        archive.AddFile("init", Path.Combine(guest, "init-boot"));
        archive.Finish();
    }

    private void WriteMicroRamdisk(string guest, string micro)
    {
        using FileStream file = File.Create(MicroRamdisk);
        CpioArchive archive = new(file);
        archive.AddFile("bin/busybox", Root("bin/busybox"));
        archive.AddFile("bin/micro", micro);
        foreach (string program in s_programs)
        {
            archive.AddFile(program, Root(program));
        }

        AddLibraries(archive);
        archive.AddFile("init", Path.Combine(guest, "init-micro"));
        archive.Finish();
    }

    private void AddLibraries(CpioArchive archive)
    {
        const string Libraries = "lib/x86_64-linux-gnu";
        archive.AddFile($"{Libraries}/libc.so.6", Root($"{Libraries}/libc.so.6"));
        archive.AddFile("lib64/ld-linux-x86-64.so.2", Root($"{Libraries}/ld-linux-x86-64.so.2"));
        foreach (string library in Directory.EnumerateFiles(Root($"usr/{Libraries}"), "lib*.so.3").Order())
        {
            archive.AddFile($"{Libraries}/{Path.GetFileName(library)}", library);
        }

        archive.AddFile($"{Libraries}/liblzma.so.5", Root($"{Libraries}/liblzma.so.5"));
        archive.AddFile("usr/lib/ssl/openssl.cnf", []);
    }
}
