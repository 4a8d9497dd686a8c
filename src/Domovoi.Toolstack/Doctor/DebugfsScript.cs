// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;
using Domovoi.Contracts;
using Domovoi.GuestDisks.Ext;

namespace Domovoi.Toolstack.Doctor;

/// <summary>The commands by which debugfs makes the changes of a <see cref="RepairPlan"/>.</summary>
/// <remarks>It writes into the current folder only, and replaces nothing: each file is removed first.</remarks>
internal sealed class DebugfsScript
{
    private readonly StringBuilder _text = new();
    private readonly ExtFileSystem _files;
    private readonly string _folder;
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);
    private int _count;

    private DebugfsScript(ExtFileSystem files, string folder) => (_files, _folder) = (files, folder);

    /// <summary>Writes the new files into a folder of the host, and returns the script.</summary>
    internal static string Write(RepairPlan plan, ExtFileSystem files, string folder)
    {
        DebugfsScript script = new(files, folder);
        foreach ((string path, PlannedFile file) in plan.Files)
        {
            script.Add(path, file);
        }

        return script._text.ToString();
    }

    private void Add(string path, PlannedFile file)
    {
        string parent = path[..Math.Max(1, path.LastIndexOf('/'))];
        string name = path[(path.LastIndexOf('/') + 1)..];
        MakeFolder(parent);
        Say($"cd {Quote(parent)}");
        if (_files.Find(path, followLast: false) is not null)
        {
            Say($"rm {Quote(name)}");
        }

        if (file.IsRemoval)
        {
            return;
        }

        int kind = 0x8000;
        if (file.Target is { } target)
        {
            Say($"symlink {Quote(name)} {Quote(target)}");
            return;
        }

        if (file.Device is { } device)
        {
            Say(string.Create(CultureInfo.InvariantCulture, $"mknod {Quote(name)} c {device.Major} {device.Minor}"));
            kind = 0x2000;
        }
        else
        {
            string source = Path.Combine(_folder, $"file{_count++}");
            File.WriteAllBytes(source, file.Contents!);
            Say($"write {Quote(source)} {Quote(name)}");
        }

        Say($"sif {Quote(name)} mode 0{Convert.ToString(kind | file.Mode, 8)}");
        Say(string.Create(CultureInfo.InvariantCulture, $"sif {Quote(name)} uid {file.Owner}"));
        Say(string.Create(CultureInfo.InvariantCulture, $"sif {Quote(name)} gid {file.Group}"));
    }

    private void MakeFolder(string path)
    {
        if (path == "/" || _files.Exists(path) || !_made.Add(path))
        {
            return;
        }

        string parent = path[..Math.Max(1, path.LastIndexOf('/'))];
        MakeFolder(parent);
        Say($"cd {Quote(parent)}");
        Say($"mkdir {Quote(path[(path.LastIndexOf('/') + 1)..])}");
    }

    private void Say(string command) => _text.Append(command).Append('\n');

    /// <summary>debugfs knows double quotes, and nothing inside them.</summary>
    private static string Quote(string word) => !word.Contains('"', StringComparison.Ordinal) && !word.Any(char.IsControl)
        ? $"\"{word}\""
        : throw new ProblemException("doctor-name", $"the file name {word} cannot be handled", "repair it inside the guest");
}
