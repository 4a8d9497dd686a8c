// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Devices;

namespace Domovoi.Toolstack.Configuration.Disks;

/// <summary>Finds what a disk's target names.</summary>
/// <remarks>
/// xl puts <c>/dev</c> before a path that does not begin with <c>/</c>. So it is here when there is such a device; otherwise it is a
/// file from the working directory or from the configuration file's own, and <c>~/</c> is the user's home.
/// </remarks>
public static class DiskTarget
{
    /// <summary>An absolute path, or the address as it is.</summary>
    public static string Resolve(string target, string? directory)
    {
        if (DiskSpecification.IsAddress(target) || target.StartsWith('/'))
        {
            return target;
        }

        if (target.StartsWith("~/", StringComparison.Ordinal))
        {
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), target[2..]);
        }

        string[] places = [$"/dev/{target}", Path.GetFullPath(target), directory is null ? "" : Path.GetFullPath(target, directory)];
        return Array.Find(places, Path.Exists) ?? places[1];
    }
}
