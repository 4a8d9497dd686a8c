// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages.Elf;

/// <summary>A part of the file that holds notes.</summary>
internal readonly record struct ElfRange(long Offset, long Size);
