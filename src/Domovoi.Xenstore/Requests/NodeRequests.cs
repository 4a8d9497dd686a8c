// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore.Requests;

/// <summary>Reading and changing nodes.</summary>
internal static class NodeRequests
{
    /// <summary><c>XS_READ</c></summary>
    internal static Reply Read(in Request request)
    {
        StoreError error = FindOne(in request, out Node node);
        return error == StoreError.None ? Reply.Of(node.Value.AsMemory()) : Reply.Of(error);
    }

    /// <summary><c>XS_DIRECTORY</c></summary>
    internal static Reply Directory(in Request request)
    {
        StoreError error = FindOne(in request, out Node node);
        return error == StoreError.None ? Reply.Of(Payload.Of(node.Children.Keys)) : Reply.Of(error);
    }

    /// <summary><c>XS_DIRECTORY_PART</c></summary>
    /// <remarks>As many whole names as fit; a second NUL after the last name of all says that there are no more.</remarks>
    internal static Reply DirectoryPart(in Request request)
    {
        if (Payload.Strings(request.Payload) is not [var path, var from]
            || !int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out int offset))
        {
            return Reply.Of(StoreError.EINVAL);
        }

        StoreError error = request.Find(path, AccessRights.Read, out Node node);
        if (error != StoreError.None)
        {
            return Reply.Of(error);
        }

        byte[] generation = Payload.Of(node.Generation.ToString(CultureInfo.InvariantCulture));
        byte[] names = Payload.Of(node.Children.Keys);
        if (offset > names.Length)
        {
            return Reply.Of(generation);
        }

        ReadOnlySpan<byte> rest = names.AsSpan(offset);
        int room = MessageHeader.MaximumPayload - generation.Length - 1;
        return rest.Length <= room
            ? Reply.Of(new ReadOnlyMemory<byte>([.. generation, .. rest, 0]))
            : Reply.Of(new ReadOnlyMemory<byte>([.. generation, .. rest[..(rest[..room].LastIndexOf((byte)0) + 1)]]));
    }

    /// <summary><c>XS_WRITE</c></summary>
    internal static Reply Write(in Request request) =>
        Payload.TrySplit(request.Payload, out string text, out ReadOnlySpan<byte> value)
        && request.TryPath(text, out NodePath path)
            ? request.Apply(new Edit.Write(path, [.. value]))
            : Reply.Of(StoreError.EINVAL);

    /// <summary><c>XS_MKDIR</c></summary>
    internal static Reply MakeDirectory(in Request request) =>
        Payload.TryOne(request.Payload, out string? text) && request.TryPath(text, out NodePath path)
            ? request.Apply(new Edit.MakeDirectory(path))
            : Reply.Of(StoreError.EINVAL);

    /// <summary><c>XS_RM</c></summary>
    internal static Reply Remove(in Request request) =>
        Payload.TryOne(request.Payload, out string? text) && request.TryPath(text, out NodePath path)
            ? request.Apply(new Edit.Remove(path))
            : Reply.Of(StoreError.EINVAL);

    private static StoreError FindOne(in Request request, out Node node)
    {
        if (Payload.TryOne(request.Payload, out string? path))
        {
            return request.Find(path, AccessRights.Read, out node);
        }

        node = request.Tree.Root;
        return StoreError.EINVAL;
    }
}
