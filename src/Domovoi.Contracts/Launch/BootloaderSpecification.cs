// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Launch;

/// <summary><c>bootloader="pygrub"</c>: kernel, ramdisk and command line come from the first disk's own boot menu, at each boot anew.</summary>
public sealed record BootloaderSpecification
{
    /// <summary>A number, title or id of the menu, in GRUB's spelling; null: the menu's default, after its timeout.</summary>
    public string? Entry { get; init; }

    /// <summary>A file of the guest's, instead of the menu's.</summary>
    public string? Kernel { get; init; }

    /// <summary>A file of the guest's, with <see cref="Kernel"/>.</summary>
    public string? Ramdisk { get; init; }

    /// <summary>Boots the default at once, without a menu.</summary>
    public bool Quiet { get; init; }
}
