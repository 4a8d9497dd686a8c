// SPDX-License-Identifier: MIT
using System.Text.Json.Serialization;

namespace Domovoi.Contracts.Devices;

/// <summary>How the bytes of an image stand for those of a disk: xl's <c>format=</c>, and what qemu-nbd knows beside.</summary>
public enum DiskFormat
{
    [JsonStringEnumMemberName("raw")]
    Raw,

    [JsonStringEnumMemberName("qcow")]
    Qcow,

    [JsonStringEnumMemberName("qcow2")]
    Qcow2,

    [JsonStringEnumMemberName("vhd")]
    Vhd,

    [JsonStringEnumMemberName("vhdx")]
    Vhdx,

    [JsonStringEnumMemberName("vmdk")]
    Vmdk,

    [JsonStringEnumMemberName("vdi")]
    Vdi,

    [JsonStringEnumMemberName("qed")]
    Qed,

    /// <summary>A CD drive with nothing in it.</summary>
    [JsonStringEnumMemberName("empty")]
    Empty,
}

/// <summary>One virtual disk, as xl-disk-configuration(5) describes it.</summary>
public sealed record DiskSpecification
{
    /// <summary>The guest's name for it: <c>xvda</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The number that <see cref="Name"/> stands for (xen-vbd-interface(7)).</summary>
    public required int VirtualDevice { get; init; }

    /// <summary>An absolute path, <c>nbd://HOST[:PORT]/EXPORT</c> or <c>nbd+unix:///EXPORT?socket=PATH</c>; empty for an empty drive.</summary>
    public string Target { get; set; } = "";

    public DiskFormat Format { get; init; }

    /// <summary>Whether <see cref="Target"/> is the address of an NBD server.</summary>
    [JsonIgnore]
    public bool IsRemote => IsAddress(Target);

    /// <summary>Whether a target is one of NBD's addresses.</summary>
    public static bool IsAddress(string target) =>
        target.StartsWith("nbd://", StringComparison.Ordinal) || target.StartsWith("nbd+unix://", StringComparison.Ordinal);

    public bool ReadOnly { get; init; }

    /// <summary><c>w!</c>: others may write it too, and no lock is taken.</summary>
    public bool Shared { get; init; }

    public bool IsCdRom { get; init; }

    /// <summary><c>no-discard</c> turns it off.</summary>
    public bool Discard { get; set; } = true;

    /// <summary><c>direct-io-safe</c>: past the host's page cache, where that can be.</summary>
    public bool Direct { get; init; }

    /// <summary><c>persistent-grants</c>, a word of our own: the guest's driver is offered to copy into pages that stay granted.</summary>
    public bool PersistentGrants { get; init; }
}
