// SPDX-License-Identifier: MIT
namespace Domovoi.Xenstore.Wire;

/// <summary><c>xsd_errors</c>, xs_wire.h: errors travel as their names, so the members are spelled as on the wire.</summary>
public enum StoreError
{
    None = 0,
    EINVAL,
    EACCES,
    EEXIST,
    EISDIR,
    ENOENT,
    ENOMEM,
    ENOSPC,
    EIO,
    ENOTEMPTY,
    ENOSYS,
    EROFS,
    EBUSY,
    EAGAIN,
    EISCONN,
    E2BIG,
    EPERM,
}
