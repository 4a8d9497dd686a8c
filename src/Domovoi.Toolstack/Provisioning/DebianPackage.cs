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
        using Process process = HostTool.Start("dpkg-deb", ["--fsys-tarfile", package], Path.GetDirectoryName(package)!);
        _ = process.StandardError.ReadToEndAsync();
        try
        {
            using TarReader reader = new(process.StandardOutput.BaseStream);
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && wanted(entry.Name.TrimStart('.', '/')))
                {
                    Save(entry, target, executable);
                    return;
                }
            }
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }

        throw new ProblemException("package-contents", $"{Path.GetFileName(package)} does not contain the expected file");
    }

    private static void Save(TarEntry entry, string target, bool executable)
    {
        string fresh = $"{target}.{Environment.ProcessId}";
        entry.ExtractToFile(fresh, overwrite: true);
        File.SetUnixFileMode(fresh, (UnixFileMode)(executable ? 0x1ED : 0x1A4));
        File.Move(fresh, target, overwrite: true);
    }
}
