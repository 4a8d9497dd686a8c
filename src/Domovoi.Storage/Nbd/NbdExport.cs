// SPDX-License-Identifier: MIT
namespace Domovoi.Storage.Nbd;

/// <summary>What a server says of an export.</summary>
/// <param name="Length">In bytes.</param>
/// <param name="Flags">Its transmission flags.</param>
/// <param name="MinimumBlock">The unit requests must keep to.</param>
/// <param name="StructuredReplies">Whether answers come in chunks.</param>
internal sealed record NbdExport(long Length, ushort Flags, int MinimumBlock, bool StructuredReplies)
{
    internal bool IsReadOnly => (Flags & NbdProtocol.ReadOnlyFlag) != 0;

    internal bool CanFlush => (Flags & NbdProtocol.FlushFlag) != 0;

    internal bool CanTrim => (Flags & NbdProtocol.TrimFlag) != 0;
}
