// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Configuration.Disks;

/// <summary>One part of a disk's line.</summary>
/// <param name="Name">Of <c>name=value</c> and of flags; empty for a positional one; with its colon for a deprecated prefix.</param>
/// <param name="Value">Empty for a flag.</param>
/// <param name="Offset">Where it begins, counted from 0.</param>
/// <param name="ValueOffset">Where its value begins.</param>
internal readonly record struct DiskParameter(string Name, string Value, int Offset, int ValueOffset)
{
    internal bool IsPositional => Name.Length == 0;

    internal bool IsPrefix => Name.EndsWith(':');
}
