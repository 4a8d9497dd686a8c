// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>The size of the viewer's window in characters. The PV console cannot carry it; it is kept in xenstore for guests that look.</summary>
public sealed record WindowSize(int Columns, int Rows);
