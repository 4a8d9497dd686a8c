// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Grub;

/// <summary>A guest's files for a boot loader's configuration, without a disk.</summary>
internal sealed class TextFiles : IGrubFiles
{
    internal Dictionary<string, string> Files { get; } = [];

    internal Dictionary<string, string> Devices { get; } = [];

    public string? ReadText(BootFile file) => Files.GetValueOrDefault(file.Path);

    public bool Exists(BootFile file) => Files.ContainsKey(file.Path);

    public string? Search(string kind, string value) => Devices.GetValueOrDefault(value);

    internal BootMenu Run(string text) => new GrubScript(this, "/boot/grub").Run(text, "/boot/grub/grub.cfg");
}
