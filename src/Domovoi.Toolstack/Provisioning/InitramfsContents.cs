// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Provisioning;

/// <summary>What goes into a guest's first file system, beside busybox.</summary>
public sealed record InitramfsContents
{
    /// <summary>Replaces our own <c>/init</c>.</summary>
    public string? Init { get; init; }

    /// <summary>A shell command that runs instead of the interactive shell; the guest powers off after it.</summary>
    public string? Command { get; init; }

    /// <summary>Modules of the guest's kernel that init loads, in this order, by their places in the guest.</summary>
    public IReadOnlyList<string> Modules { get; init; } = [];

    /// <summary>Whether init asks for an address by DHCP.</summary>
    public bool AsksForAddress { get; init; }

    /// <summary>Files and folders of the host, with their places in the guest.</summary>
    public IReadOnlyList<(string Source, string Target)> Files { get; init; } = [];
}
