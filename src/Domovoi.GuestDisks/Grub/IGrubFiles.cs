// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Grub;

/// <summary>The files a boot loader's configuration can name. Tests put texts in the disk's place.</summary>
internal interface IGrubFiles
{
    /// <summary>Null if it is not there.</summary>
    string? ReadText(BootFile file);

    bool Exists(BootFile file);

    /// <summary>The device whose file system has this UUID, label or file; null if none has.</summary>
    /// <param name="kind">"--fs-uuid", "--label" or "--file".</param>
    /// <param name="value">What is looked for.</param>
    string? Search(string kind, string value);
}
