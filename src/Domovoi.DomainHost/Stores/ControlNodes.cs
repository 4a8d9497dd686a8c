// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;
using Domovoi.Xenstore.Store;

namespace Domovoi.DomainHost.Stores;

/// <summary>The nodes below <c>control/</c> through which the toolstack asks things of the guest's kernel (xenstore-paths).</summary>
internal sealed class ControlNodes(XenstoreServer store, DomainId domain)
{
    private readonly NodePath _control = NodePath.OfDomain(domain).Child("control");

    /// <summary><c>control/shutdown</c>: asks, and waits for the guest to take the request by clearing the node.</summary>
    /// <returns>false when it did not in time; the request is withdrawn then.</returns>
    internal bool RequestShutdown(string reason, TimeSpan patience, CancellationToken ended)
    {
        NodePath node = _control.Child("shutdown");
        using ManualResetEventSlim taken = new();
        store.Watch(node, _ =>
        {
            if (string.IsNullOrEmpty(store.Read(node)))
            {
                SetQuietly(taken);
            }
        });
        store.Write(node, reason);
        try
        {
            if (taken.Wait(patience, ended))
            {
                return true;
            }
        }
        catch (OperationCanceledException)
        {
            return true;                                    // it went without a word
        }

        store.Write(node, "");
        return false;
    }

    /// <summary><c>control/sysrq</c></summary>
    internal void SendSysRq(char key) => store.Write(_control.Child("sysrq"), key.ToString());

    private static void SetQuietly(ManualResetEventSlim taken)
    {
        try
        {
            taken.Set();
        }
        catch (ObjectDisposedException)
        {
            // The one who asked has stopped waiting.
        }
    }
}
