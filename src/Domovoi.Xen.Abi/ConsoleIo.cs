// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary><c>CONSOLEIO_*</c>, xen.h.</summary>
public enum ConsoleIoCommand : uint
{
    /// <summary><c>CONSOLEIO_write</c></summary>
    Write = 0,

    /// <summary><c>CONSOLEIO_read</c></summary>
    Read = 1,
}
