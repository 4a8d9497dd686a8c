// SPDX-License-Identifier: MIT
namespace Domovoi.Memory;

/// <summary>A word of guest memory whose place was checked once: for what each system call looks at.</summary>
/// <remarks>Valid as long as the <see cref="GuestMemory"/> it is from. The guest can change it at any moment.</remarks>
public readonly unsafe struct SharedWord<T>
    where T : unmanaged
{
    private readonly T* _at;

    internal SharedWord(T* at) => _at = at;

    /// <summary>The word itself.</summary>
    public ref T Value => ref *_at;
}
