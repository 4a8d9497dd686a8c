// SPDX-License-Identifier: MIT
using Domovoi.DomainHost.Stores;
using Domovoi.Network;
using Domovoi.Xenstore;
using Domovoi.Xenstore.Store;

namespace Domovoi.DomainHost.Nics;

/// <summary>One vif's script, from when it has plugged the vif in until it has unplugged it.</summary>
/// <param name="path">The script.</param>
/// <param name="arguments">After <c>online</c> and <c>type_if=vif</c>.</param>
/// <param name="environment">What Xen's toolstack sets.</param>
/// <param name="store">What it finds in xenstore.</param>
/// <param name="back">The vif's directory there, in which it says how it went.</param>
/// <param name="log">The domain's.</param>
internal sealed class HotplugScript(
    string path, IReadOnlyList<string> arguments, Dictionary<string, string> environment, XenstoreServer store, NodePath back, Action<string> log)
    : IDisposable
{
    /// <summary>As long as Xen's toolstack waits (<c>LIBXL_HOTPLUG_TIMEOUT</c>).</summary>
    private static readonly TimeSpan OnlineLimit = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan OfflineLimit = TimeSpan.FromSeconds(10);

    internal void ComeOnline()
    {
        if (Run("online", OnlineLimit) is { } failure)
        {
            string hint = failure.Contains("xenstore-", StringComparison.Ordinal) && !File.Exists("/usr/bin/xenstore-read")
                ? "`apt install xenstore-utils` brings Xen's tools, which the script uses"
                : "it runs as Xen's toolstack would run it, with vif, XENBUS_PATH, and the argument online; script=vif-bridge is built in";
            throw new NetworkException("script-failed", $"{path} {failure}", hint);
        }
    }

    /// <summary>Unplugs the vif; what goes wrong then stands in the domain's log.</summary>
    public void Dispose()
    {
        if (Run("offline", OfflineLimit) is { } failure)
        {
            log($"{path} {failure}");
        }
    }

    /// <returns>What went wrong; null if nothing did.</returns>
    private string? Run(string command, TimeSpan limit)
    {
        using StoreSocket socket = new(environment["XENSTORED_PATH"], store);

        // The domain's own files are its user's alone; a script's are what that user makes elsewhere.
        string[] words = ["-c", "umask 022; exec \"$0\" \"$@\" 2>&1", path, command, "type_if=vif", .. arguments];
        (int? code, string output) = HostCommand.Run("/bin/sh", words, environment, limit);
        string? error = store.Read(back.Child("hotplug-status")) == "error" ? store.Read(back.Child("hotplug-error")) ?? "it gave no reason" : null;
        string? how = code is null ? $"{command} did not end within {limit.TotalSeconds:0} s and was killed"
            : code != 0 ? $"{command} ended with exit code {code}"
            : error is not null && command == "online" ? $"{command} said in xenstore that it failed"
            : null;
        string?[] said = [how, error, output.Length > 0 ? output.ReplaceLineEndings("\n    ") : null];
        return how is null ? null : string.Join(":\n    ", said.OfType<string>());
    }
}
