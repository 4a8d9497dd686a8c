// SPDX-License-Identifier: MIT
using System.Text.Json.Serialization;

namespace Domovoi.Contracts.Launch;

/// <summary>What becomes of a domain that has shut down: the values of xl.cfg's <c>on_poweroff</c>, <c>on_reboot</c>, <c>on_crash</c>.</summary>
public enum EndAction
{
    [JsonStringEnumMemberName("destroy")]
    Destroy,

    /// <summary>Builds the domain anew from its specification, under the same id.</summary>
    [JsonStringEnumMemberName("restart")]
    Restart,

    /// <summary>Restarts, and keeps the old boot's logs under another name.</summary>
    [JsonStringEnumMemberName("rename-restart")]
    RenameRestart,

    /// <summary>Keeps memory and state for inspection until the domain is destroyed.</summary>
    [JsonStringEnumMemberName("preserve")]
    Preserve,

    [JsonStringEnumMemberName("coredump-destroy")]
    CoreDumpDestroy,

    [JsonStringEnumMemberName("coredump-restart")]
    CoreDumpRestart,

    [JsonStringEnumMemberName("soft-reset")]
    SoftReset,
}
