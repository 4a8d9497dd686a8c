// SPDX-License-Identifier: MIT
using System.Text.Json.Serialization;

namespace Domovoi.Contracts.Devices;

/// <summary>What becomes of a guest whose disk the host cannot read or write: <c>disk_error</c> of a configuration file.</summary>
public enum DiskErrorAction
{
    /// <summary>The guest gets an I/O error, as from a real disk.</summary>
    [JsonStringEnumMemberName("report")]
    Report,

    /// <summary>The guest stands still until <c>dom unpause</c>; then the request is tried again, and nothing is lost.</summary>
    [JsonStringEnumMemberName("pause")]
    Pause,

    /// <summary>The domain ends at once.</summary>
    [JsonStringEnumMemberName("stop")]
    Stop,
}
