// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Formats.Tar;
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Provisioning;

/// <summary>Takes single files out of a package, without unpacking the rest.</summary>
internal static class DebianPackage
{
    /// <summary>Writes the first file that <paramref name="wanted"/> accepts to <paramref name="target"/>, in one step.</summary>
    internal static void Extract(string package, Func<string, bool> wanted, string target, bool executable = false)
    {
        bool found = false;
        Extract(package, name => !found && (found = wanted(name)) ? target : null, mostFiles: 1, executable);
        if (!found)
        {
            throw new ProblemException("package-contents", $"{Path.GetFileName(package)} does not contain the expected file");
        }
    }

    /// <summary>Writes each file that has a target there, in one pass over the package.</summary>
    /// <param name="package">The .deb.</param>
    /// <param name="target">Where a file of the package goes; null for nowhere.</param>
    /// <param name="mostFiles">After so many, the rest is not looked at.</param>
    /// <param name="executable">Whether they are programs.</param>
    internal static void Extract(string package, Func<string, string?> target, int mostFiles, bool executable = false)
    {
        using Process process = HostTool.Start("dpkg-deb", ["--fsys-tarfile", package], Path.GetDirectoryName(package)!);
        _ = process.StandardError.ReadToEndAsync();
        try
        {
            using TarReader reader = new(process.StandardOutput.BaseStream);
            while (mostFiles > 0 && reader.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile
                    && target(entry.Name.TrimStart('.', '/')) is { } path)
                {
                    Save(entry, path, executable);
                    mostFiles--;
                }
            }
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    private static void Save(TarEntry entry, string target, bool executable)
    {
        string fresh = $"{target}.{Environment.ProcessId}";
        entry.ExtractToFile(fresh, overwrite: true);
        File.SetUnixFileMode(fresh, (UnixFileMode)(executable ? 0x1ED : 0x1A4));
        File.Move(fresh, target, overwrite: true);
    }
}
