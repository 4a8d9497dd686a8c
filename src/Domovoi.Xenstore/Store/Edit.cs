// SPDX-License-Identifier: MIT
using System.Collections.Immutable;

namespace Domovoi.Xenstore.Store;

/// <summary>One modification somebody asks for; kept by a transaction so that it can be made again at its commit.</summary>
internal abstract record Edit(NodePath Path)
{
    /// <summary><c>XS_WRITE</c></summary>
    internal sealed record Write(NodePath Path, ImmutableArray<byte> Value) : Edit(Path);

    /// <summary><c>XS_MKDIR</c></summary>
    internal sealed record MakeDirectory(NodePath Path) : Edit(Path);

    /// <summary><c>XS_RM</c></summary>
    internal sealed record Remove(NodePath Path) : Edit(Path);

    /// <summary><c>XS_SET_PERMS</c></summary>
    internal sealed record SetPermissions(NodePath Path, NodePermissions Permissions) : Edit(Path);
}
