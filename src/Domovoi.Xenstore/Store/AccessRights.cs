// SPDX-License-Identifier: MIT
namespace Domovoi.Xenstore.Store;

/// <summary>What a permission entry lets a domain do with a node.</summary>
[Flags]
public enum AccessRights : byte
{
    None = 0,
    Read = 1,
    Write = 2,
    Both = Read | Write,
}
