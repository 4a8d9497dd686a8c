// SPDX-License-Identifier: MIT
namespace Domovoi.Linux;

/// <summary>Nobody reads any more what is written to a pipe (<c>EPIPE</c>).</summary>
public sealed class BrokenPipeException() : IOException("Nobody reads the output any more.");
