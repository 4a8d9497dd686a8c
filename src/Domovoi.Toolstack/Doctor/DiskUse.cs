// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Linux;

namespace Domovoi.Toolstack.Doctor;

/// <summary>Finds out who uses a disk: a mount, a loop device, or a process that has it open for writing.</summary>
internal static class DiskUse
{
    private const int AccessMode = 3;

    /// <exception cref="ProblemException">Somebody does: what a running guest has in its memory would meet what is written under it.</exception>
    internal static void Refuse(string path)
    {
        string real = Path.GetFullPath(new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path);
        string? user = LoopDevice(real) ?? Mount(real) ?? Writer(real);
        if (user is not null)
        {
            throw new ProblemException("disk-in-use", $"{path} is in use: {user}", "shut the guest down first, or unmount it; `dom list` shows the domains");
        }
    }

    private static string? Mount(string device)
    {
        string? line = File.ReadLines("/proc/mounts").FirstOrDefault(line => line.StartsWith(device + " ", StringComparison.Ordinal));
        return line is null ? null : $"it is mounted on {line.Split(' ')[1]}";
    }

    private static string? LoopDevice(string file) => Directory.EnumerateDirectories("/sys/block", "loop*")
        .Where(loop => Read($"{loop}/loop/backing_file") == file)
        .Select(loop => $"/dev/{Path.GetFileName(loop)} stands for it")
        .FirstOrDefault();

    /// <summary>Among the processes that this user may look into.</summary>
    private static string? Writer(string file)
    {
        FileIdentity identity = FileIdentity.Of(file);
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            if (process != $"/proc/{Environment.ProcessId}" && Descriptors(process).Any(descriptor => IsWriting(process, descriptor, identity)))
            {
                return $"process {Path.GetFileName(process)} ({Read($"{process}/comm")}) has it open for writing";
            }
        }

        return null;
    }

    private static string[] Descriptors(string process)
    {
        try
        {
            return Directory.GetFiles($"{process}/fd");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool IsWriting(string process, string descriptor, FileIdentity wanted)
    {
        try
        {
            FileIdentity found = FileIdentity.Of(descriptor);
            return found.Device == wanted.Device && found.Inode == wanted.Inode && Mode($"{process}/fdinfo/{Path.GetFileName(descriptor)}") != 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            return false;
        }
    }

    /// <summary>The <c>flags:</c> line of fdinfo, in octal: 0 reads only.</summary>
    private static int Mode(string fdinfo)
    {
        string? line = File.ReadLines(fdinfo).FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return line is null ? 0 : Convert.ToInt32(line["flags:".Length..].Trim(), 8) & AccessMode;
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
