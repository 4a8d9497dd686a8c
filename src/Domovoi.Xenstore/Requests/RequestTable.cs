// SPDX-License-Identifier: MIT
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Requests;

/// <summary>Every message type a client may send, and who answers it.</summary>
internal static class RequestTable
{
    internal delegate Reply Handler(in Request request);

    internal static Handler? Find(MessageType type) => type switch
    {
        MessageType.Directory => NodeRequests.Directory,
        MessageType.DirectoryPart => NodeRequests.DirectoryPart,
        MessageType.Read => NodeRequests.Read,
        MessageType.Write => NodeRequests.Write,
        MessageType.MakeDirectory => NodeRequests.MakeDirectory,
        MessageType.Remove => NodeRequests.Remove,
        MessageType.GetPermissions => PermissionRequests.Get,
        MessageType.SetPermissions => PermissionRequests.Set,
        MessageType.Watch => WatchRequests.Add,
        MessageType.Unwatch => WatchRequests.Remove,
        MessageType.ResetWatches => WatchRequests.Reset,
        MessageType.TransactionStart => TransactionRequests.Start,
        MessageType.TransactionEnd => TransactionRequests.End,
        MessageType.GetDomainPath => DomainRequests.GetPath,
        MessageType.IsDomainIntroduced => DomainRequests.IsIntroduced,
        MessageType.Introduce => DomainRequests.Introduce,
        MessageType.Release => DomainRequests.Release,
        MessageType.Resume => DomainRequests.Resume,
        MessageType.GetFeature => DomainRequests.GetFeature,
        MessageType.Control or MessageType.SetTarget or MessageType.SetFeature
            or MessageType.GetQuota or MessageType.SetQuota => DomainRequests.PrivilegedUnsupported,
        _ => null,
    };
}
