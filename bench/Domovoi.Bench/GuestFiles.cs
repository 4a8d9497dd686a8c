// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text.RegularExpressions;

namespace Domovoi.Bench;

/// <summary>What all sides run: one kernel, two initramfs images, the kernel's unpacked ELF for QEMU's microvm, and the second image's files as a folder.</summary>
internal sealed partial class GuestFiles
{
    private static readonly string[] s_programs =
    [
        "bin/busybox", "bin/gzip", "usr/bin/xz", "usr/bin/openssl", "usr/bin/cjpeg", "usr/bin/vpxenc", "usr/bin/python3.11",
        "usr/lib/gcc/x86_64-linux-gnu/12/cc1",
    ];

    private readonly string _folder;

    private GuestFiles(string folder) => _folder = folder;

    internal string Kernel => Path.Combine(_folder, "vmlinuz");

    internal string UnpackedKernel => Path.Combine(_folder, "vmlinux");

    internal string BootRamdisk => Path.Combine(_folder, "boot.cpio");

    internal string Ramdisk => Path.Combine(_folder, "works.cpio");

    /// <summary>The files of <see cref="Ramdisk"/>, for the host's own turn.</summary>
    internal string Tree => Path.Combine(_folder, "tree");

    internal static GuestFiles Prepare(string repository, string folder)
    {
        Directory.CreateDirectory(folder);
        GuestFiles files = new(folder);
        Command.Run("sh", Path.Combine(repository, "bench/fetch"), folder);
        files.UnpackKernel();
        string guest = Path.Combine(repository, "bench/guest");
        files.WriteBootRamdisk(guest);
        files.MakeTree(guest);
        files.WriteRamdisk();
        return files;
    }

    [GeneratedRegex(@"^lib.*\.so\.\d+$|^ld-linux")]
    private static partial Regex LibraryName();

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

    private void MakeTree(string guest)
    {
        if (Directory.Exists(Tree))
        {
            Directory.Delete(Tree, recursive: true);
        }

        foreach (string program in s_programs)
        {
            Copy(Root(program), program);
        }

        foreach (string libraries in (string[])["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"])
        {
            foreach (string library in Directory.EnumerateFiles(Root(libraries)).Where(path => LibraryName().IsMatch(Path.GetFileName(path))))
            {
                Copy(library, Path.Combine("lib", Path.GetFileName(library)));
            }
        }

        Directory.CreateDirectory(Path.Combine(Tree, "lib64"));
        File.Move(Path.Combine(Tree, "lib/ld-linux-x86-64.so.2"), Path.Combine(Tree, "lib64/ld-linux-x86-64.so.2"));
        foreach (string module in Directory.EnumerateFiles(Root("usr/lib/python3.11"), "*.py", SearchOption.AllDirectories))
        {
            Copy(module, Path.GetRelativePath(Root(""), module));
        }

        foreach (string script in (string[])["init", "parts", "work.py"])
        {
            Copy(Path.Combine(guest, script), script);
        }

        foreach (string module in Directory.EnumerateFiles(_folder, "xen-privcmd.ko*"))
        {
            Copy(module, Path.GetFileName(module));
        }

        Compile(Path.Combine(guest, "micro"));
    }

    private void Compile(string sources)
    {
        string[] files = [.. Directory.EnumerateFiles(sources, "*.c").Order()];
        Command.Run("gcc", ["-O2", "-static", .. files, "-lm", "-o", Path.Combine(Tree, "bin/micro")]);
        Command.Run("gcc", "-O2", "-E", Path.Combine(sources, "compute.c"), "-o", Path.Combine(Tree, "source.i"));
        Directory.CreateDirectory(Path.Combine(Tree, "usr/lib/ssl"));
        File.WriteAllText(Path.Combine(Tree, "usr/lib/ssl/openssl.cnf"), "");
    }

    /// <summary>Links become what they lead to, so that the archive and the folder hold the same bytes.</summary>
    private void Copy(string from, string name)
    {
        string path = Path.Combine(Tree, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Copy(from, path);
    }

    private void WriteRamdisk()
    {
        using FileStream file = File.Create(Ramdisk);
        CpioArchive archive = new(file);
        foreach (string path in Directory.EnumerateFiles(Tree, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            archive.AddFile(Path.GetRelativePath(Tree, path), path);
        }

        archive.Finish();
    }
}
