// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Registry;
using Domovoi.Linux;

namespace Domovoi.Toolstack.Registry;

/// <summary>The domains of one user. The run directory is all there is to it; any process may read it at any time.</summary>
/// <remarks>
/// A domain lives while its folder's lock is held. What is left of a dead one, its logs and its last word, stays until
/// <see cref="Remove"/>, or until <see cref="KeptEnds"/> others have died after it.
/// </remarks>
public sealed class DomainRegistry(RunDirectory directory)
{
    private const int KeptEnds = 16;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Every domain that lives or has left something, by id.</summary>
    public IReadOnlyList<DomainEntry> All() => [.. Folders().Select(f => TryOpen(f.Folder)).OfType<DomainEntry>()];

    /// <summary>What a person wants to see: the living, and the latest of those that ended badly under each name.</summary>
    public IReadOnlyList<DomainEntry> WorthListing()
    {
        IReadOnlyList<DomainEntry> all = All();
        return [.. all.Where(e => e.IsAlive || (e.EndedBadly && !all.Any(other => Follows(other, e))))];
    }

    /// <summary>Finds a living domain by id or name, as xl does: digits are an id.</summary>
    public DomainEntry Living(string domain)
    {
        DomainEntry entry = Find(domain);
        return entry.IsAlive
            ? entry
            : throw new ProblemException(
                "domain-ended",
                $"domain '{entry.Record.Name}' is not running: {EndingOf(entry)}",
                $"its logs are in {entry.Folder.Path}");
    }

    /// <summary>Finds a domain by id or name, living or dead; the living first, then the youngest.</summary>
    public DomainEntry Find(string domain)
    {
        bool isId = domain.Length > 0 && domain.All(char.IsAsciiDigit);
        return All()
            .Where(e => isId ? e.Record.Id.ToString(CultureInfo.InvariantCulture) == domain : e.Record.Name == domain)
            .OrderByDescending(e => e.IsAlive)
            .ThenByDescending(e => e.Record.Id)
            .FirstOrDefault() ?? throw NoSuchDomain(domain);
    }

    /// <summary>Opens the control socket of a living domain.</summary>
    public static ControlClient Connect(DomainEntry entry) =>
        ControlClient.TryConnect(entry.Folder)
        ?? throw new ProblemException("domain-silent", $"domain '{entry.Record.Name}' does not answer", "`dom destroy` ends it");

    /// <summary>How a dead domain died, in a few words.</summary>
    public static string EndingOf(DomainEntry entry) => entry.Record.End switch
    {
        null => "its process was killed",
        { Detail: { Length: > 0 } detail } end => $"{Words(end.Reason)}: {detail}",
        var end => Words(end.Reason),
    };

    /// <summary>Takes an id and the name; throws when a living domain has the name.</summary>
    public DomainClaim Claim(string name, Func<int, DomainRecord> describe)
    {
        MakeDirectories();
        using FileLock gate = RegistryGate.Enter(directory);
        IReadOnlyList<DomainEntry> all = All();
        if (all.FirstOrDefault(e => e.IsAlive && e.Record.Name == name) is { } other)
        {
            throw new ProblemException(
                "name-taken",
                $"a domain named '{name}' is already running (id {other.Record.Id})",
                "choose another with name=\"...\", or `dom destroy` that one");
        }

        Sweep(all);
        Folders().Where(f => all.All(e => e.Record.Id != f.Id) && !IsAlive(f.Folder)).ToList().ForEach(f => Discard(f.Folder));
        int id = Folders().Select(f => f.Id).DefaultIfEmpty().Max() + 1;
        DomainFolder folder = directory.Domain(id);
        Directory.CreateDirectory(folder.Path, Private);
        DomainClaim claim = new(id, folder);
        describe(id).Write(folder);
        return claim;
    }

    /// <summary>Forgets a dead domain and its logs.</summary>
    public void Remove(DomainEntry entry)
    {
        using FileLock gate = RegistryGate.Enter(directory);
        if (!IsAlive(entry.Folder))
        {
            Discard(entry.Folder);
        }
    }

    internal static bool IsAlive(DomainFolder folder) => DomainLock.IsHeld(folder) || DomainClaim.IsHeld(folder);

    private static DomainEntry? TryOpen(DomainFolder folder)
    {
        bool alive = IsAlive(folder);
        if (!alive)
        {
            RemoveSockets(folder);
        }

        return DomainRecord.TryRead(folder) is { } record ? new DomainEntry(folder, record, alive) : null;
    }

    /// <summary>A killed process leaves its sockets; nobody can use them again, as ids are not reused while the folder is there.</summary>
    private static void RemoveSockets(DomainFolder folder)
    {
        try
        {
            File.Delete(folder.ControlSocket);
            File.Delete(folder.ConsoleSocket);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder itself is going; what matters is that nobody is misled.
        }
    }

    private static bool Follows(DomainEntry later, DomainEntry earlier) =>
        later.Record.Name == earlier.Record.Name && later.Record.Id > earlier.Record.Id;

    private static string Words(EndReason reason) => reason switch
    {
        EndReason.PowerOff => "it powered off",
        EndReason.Reboot => "it rebooted",
        EndReason.Suspend => "it was suspended",
        EndReason.Crash => "its kernel crashed",
        EndReason.Watchdog => "its watchdog fired",
        EndReason.SoftReset => "it was reset",
        EndReason.Destroyed => "it was destroyed",
        EndReason.DomainCrash => "it crashed",
        _ => "its process failed",
    };

    private static ProblemException NoSuchDomain(string domain) =>
        new("domain-unknown", $"{domain} is an invalid domain identifier: no such domain", "`dom list` shows the domains");

    private static void Discard(DomainFolder folder)
    {
        try
        {
            Directory.Delete(folder.Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody is looking at it; the next sweep takes it.
        }
    }

    private static void Sweep(IReadOnlyList<DomainEntry> all)
    {
        foreach (DomainEntry entry in all.Where(e => !e.IsAlive).OrderByDescending(e => e.Record.Id).Skip(KeptEnds))
        {
            Discard(entry.Folder);
        }
    }

    private IEnumerable<(int Id, DomainFolder Folder)> Folders()
    {
        if (!Directory.Exists(directory.Domains))
        {
            return [];
        }

        return Directory.EnumerateDirectories(directory.Domains)
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id > 0)
            .Order()
            .Select(id => (id, directory.Domain(id)));
    }

    private void MakeDirectories()
    {
        try
        {
            Directory.CreateDirectory(directory.Path, Private);
            Directory.CreateDirectory(directory.Domains, Private);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(
                "run-directory", $"the run directory {directory.Path} cannot be made: {e.Message}", $"set {RunDirectory.Variable}");
        }
    }
}
