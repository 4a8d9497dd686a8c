// SPDX-License-Identifier: MIT
namespace Domovoi.Storage;

/// <summary>A sparse image that goes with the test.</summary>
internal sealed class TemporaryImage : IDisposable
{
    internal TemporaryImage(long length)
    {
        using FileStream file = File.Create(Path);
        file.SetLength(length);
    }

    internal string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"domovoi-{Guid.NewGuid():N}.img");

    public void Dispose() => File.Delete(Path);
}
