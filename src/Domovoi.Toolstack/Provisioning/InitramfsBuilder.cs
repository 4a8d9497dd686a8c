// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Provisioning;

/// <summary>Makes a guest's first file system: busybox, its applets, and whatever is asked for.</summary>
public static class InitramfsBuilder
{
    private const int Executable = 0x1ED;

    /// <summary>Changes when the scripts do, so that an old archive in the cache is made anew.</summary>
    public static string Recipe { get; } = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(
        GuestScripts.Init, GuestScripts.PowerOff, GuestScripts.Reboot, GuestScripts.Halt, GuestScripts.Profile, GuestScripts.Motd, GuestScripts.Lease))));

    /// <summary>Writes a complete gzipped archive around a static busybox.</summary>
    public static void Build(string busybox, InitramfsContents contents, Stream output)
    {
        using GZipStream compressed = new(output, CompressionLevel.Fastest, leaveOpen: true);
        using CpioArchive archive = new(compressed);
        AddContents(archive, contents);
        AddSystem(archive, contents.Init);
        AddBusybox(archive, busybox);
    }

    /// <summary>Writes an archive that adds to another: the kernel unpacks concatenated archives one after the other.</summary>
    /// <remarks>It takes an archive that is not compressed for one only where a multiple of four bytes comes before it.</remarks>
    public static void Append(InitramfsContents contents, Stream output)
    {
        output.Write(new byte[(int)(-output.Position & 3)]);
        using CpioArchive archive = new(output);
        AddContents(archive, contents);
    }

    private static void AddContents(CpioArchive archive, InitramfsContents contents)
    {
        foreach ((string source, string target) in contents.Files)
        {
            AddFromHost(archive, source, target);
        }

        if (contents.Modules.Count > 0)
        {
            archive.AddText(GuestScripts.ModuleList, string.Join('\n', contents.Modules) + "\n");
        }

        if (contents.AsksForAddress)
        {
            archive.AddText(GuestScripts.DhcpMark, "");
        }

        if (contents.Command is { } command)
        {
            archive.AddText(GuestScripts.CommandFile, command + "\n");
        }
    }

    private static void AddSystem(CpioArchive archive, string? init)
    {
        foreach (string directory in (string[])["dev", "proc", "sys", "run", "tmp", "root", "mnt", "etc", "bin", "sbin", "usr/bin", "usr/sbin"])
        {
            archive.AddDirectory(directory);
        }

        archive.AddCharacterDevice("dev/console", 0x180, 5, 1);
        archive.AddCharacterDevice("dev/null", 0x1B6, 1, 3);
        archive.AddText("init", init ?? GuestScripts.Init, executable: true);
        archive.AddText("sbin/poweroff", GuestScripts.PowerOff, executable: true);
        archive.AddText("sbin/reboot", GuestScripts.Reboot, executable: true);
        archive.AddText("sbin/halt", GuestScripts.Halt, executable: true);
        archive.AddText(GuestScripts.LeaseFile, GuestScripts.Lease, executable: true);
        archive.AddText("etc/profile", GuestScripts.Profile);
        archive.AddText("etc/motd", GuestScripts.Motd);
        archive.AddText("etc/passwd", GuestScripts.Passwd);
        archive.AddText("etc/group", GuestScripts.Group);
        archive.AddText("etc/hostname", GuestScripts.HostName);
    }

    private static void AddBusybox(CpioArchive archive, string busybox)
    {
        archive.AddFile("bin/busybox", Read(busybox), Executable);
        foreach (string applet in Applets(busybox).Where(path => !archive.Contains(path)))
        {
            archive.AddLink(applet, "/bin/busybox");
        }
    }

    /// <summary>Asks busybox itself: <c>--list-full</c> prints the place of each applet.</summary>
    private static string[] Applets(string busybox)
    {
        try
        {
            ProcessStartInfo start = new(busybox, ["--list-full"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            string list = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            string[] applets = list.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return applets.Contains("bin/sh") ? applets : throw NotBusybox(busybox);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw NotBusybox(busybox);
        }
    }

    private static ProblemException NotBusybox(string path) =>
        new("busybox", $"{path} is not a busybox with a shell", "Debian's package busybox-static has one");

    private static void AddFromHost(CpioArchive archive, string source, string target)
    {
        FileSystemInfo file = System.IO.Directory.Exists(source) ? new DirectoryInfo(source) : new FileInfo(source);
        if (file.LinkTarget is { } link)
        {
            archive.AddLink(target, link);
        }
        else if (file is DirectoryInfo directory)
        {
            archive.AddDirectory(target);
            foreach (FileSystemInfo child in directory.EnumerateFileSystemInfos().OrderBy(c => c.Name, StringComparer.Ordinal))
            {
                AddFromHost(archive, child.FullName, $"{target}/{child.Name}");
            }
        }
        else
        {
            archive.AddFile(target, Read(source), (int)file.UnixFileMode & 0x1FF);
        }
    }

    private static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("file-unreadable", $"{path} cannot be read: {e.Message}");
        }
    }
}
