// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Registry;

/// <summary>An id and a name taken for a domain whose process does not hold its own lock yet.</summary>
/// <remarks>
/// The file <c>claim</c> in the domain's folder is locked by the toolstack meanwhile, so that nobody takes the half-made domain
/// for a dead one. Disposed without <see cref="Keep"/>, the folder goes: nothing half-made stays.
/// </remarks>
public sealed class DomainClaim : IDisposable
{
    private const string ClaimFile = "claim";
    private readonly FileStream _lock;
    private bool _kept;

    internal DomainClaim(int id, DomainFolder folder)
    {
        Id = id;
        Folder = folder;
        _lock = new FileStream(PathIn(folder), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
    }

    public int Id { get; }

    public DomainFolder Folder { get; }

    /// <summary>The domain's process has taken over.</summary>
    public void Keep() => _kept = true;

    public void Dispose()
    {
        if (_kept)
        {
            File.Delete(_lock.Name);
        }
        else if (Directory.Exists(Folder.Path))
        {
            Directory.Delete(Folder.Path, recursive: true);
        }

        _lock.Dispose();
    }

    internal static string PathIn(DomainFolder folder) => Path.Combine(folder.Path, ClaimFile);

    /// <summary>Whether somebody is making a domain in this folder right now.</summary>
    internal static bool IsHeld(DomainFolder folder)
    {
        try
        {
            using FileStream probe = new(PathIn(folder), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
