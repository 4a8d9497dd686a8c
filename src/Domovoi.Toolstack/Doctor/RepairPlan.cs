// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.GuestDisks.Ext;

namespace Domovoi.Toolstack.Doctor;

/// <summary>The changes that repairs want on a guest's file system, before any of them is made.</summary>
/// <param name="files">The file system as it is.</param>
public sealed class RepairPlan(ExtFileSystem files)
{
    internal const int FileMode = 0x1A4;
    private readonly Dictionary<string, PlannedFile> _files = new(StringComparer.Ordinal);

    /// <summary>By their paths, which exist or whose folders are made.</summary>
    internal IReadOnlyDictionary<string, PlannedFile> Files => _files;

    /// <summary>A text file as it will be.</summary>
    internal string TextOf(string path) =>
        _files.TryGetValue(Real(path), out PlannedFile? planned) && planned.Contents is { } bytes ? Encoding.UTF8.GetString(bytes) : files.ReadText(path) ?? "";

    /// <summary>Replaces or makes a file; an existing one keeps its mode and owner.</summary>
    internal void Write(string path, byte[] contents, int? mode = null)
    {
        string real = Real(path);
        ExtEntry? old = files.Find(real);
        _files[real] = new PlannedFile(contents, mode ?? old?.Permissions ?? FileMode, old?.Owner ?? 0, old?.Group ?? 0, null, null);
    }

    internal void Write(string path, string text, int? mode = null) => Write(path, Encoding.UTF8.GetBytes(text), mode);

    internal void Link(string path, string target) => _files[path] = new PlannedFile(null, 0x1FF, 0, 0, target, null);

    internal void CharacterDevice(string path, int major, int minor, int mode) =>
        _files[path] = new PlannedFile(null, mode, 0, 0, null, (major, minor));

    /// <summary>Removes a file, or a symbolic link itself.</summary>
    internal void Remove(string path) => _files[path] = new PlannedFile(null, 0, 0, 0, null, null);

    internal void Append(string path, string text)
    {
        string old = TextOf(path);
        Write(path, old + (old.Length == 0 || old.EndsWith('\n') ? "" : "\n") + text);
    }

    /// <summary>Where a path ends when symbolic links are followed; as it is if it is not there.</summary>
    private string Real(string path) => files.Find(path)?.Path ?? path;
}

/// <summary>A file as a repair wants it: contents, a link, a device, or, with none of them, gone.</summary>
internal sealed record PlannedFile(byte[]? Contents, int Mode, uint Owner, uint Group, string? Target, (int Major, int Minor)? Device)
{
    internal bool IsRemoval => Contents is null && Target is null && Device is null;
}
