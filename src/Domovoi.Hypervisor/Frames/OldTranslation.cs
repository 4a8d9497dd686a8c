// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Frames;

/// <summary>What processors may remember of a mapping that goes.</summary>
internal enum OldTranslation
{
    /// <summary>Any may have it.</summary>
    MayRemain,

    /// <summary>Any may have it, under the page that <see cref="StaleTranslations.NoteChange"/> was told last.</summary>
    Logged,

    /// <summary>It never was in a page table.</summary>
    None,
}
