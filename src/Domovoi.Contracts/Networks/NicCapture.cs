// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Networks;

/// <summary>Sends a vif's frames, in libpcap's format, to a Unix socket that the caller listens at, until that is closed.</summary>
/// <param name="Index">Which vif.</param>
/// <param name="Socket">The path.</param>
/// <param name="SnapLength">Bytes kept of each frame.</param>
public sealed record NicCapture(int Index, string Socket, int SnapLength);
