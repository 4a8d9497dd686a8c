// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;
using Domovoi.Toolstack.Configuration;
using Domovoi.Toolstack.Networks;
using Domovoi.Toolstack.Provisioning;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Toolstack.Lifecycle;

/// <summary>Makes domains: claims the name, starts the process, and cleans up when that fails.</summary>
/// <param name="registry">Where the name is claimed.</param>
/// <param name="networks">Finds what the guest is plugged into.</param>
public sealed class DomainLauncher(DomainRegistry registry, NetworkCatalog networks)
{
    /// <summary>Returns once the guest runs, or stands paused where it will begin. Until it is let go, it ends with this process.</summary>
    /// <exception cref="ProblemException">It does not, and nothing of it is left.</exception>
    public LaunchedDomain Launch(GuestConfiguration guest, LaunchOptions options)
    {
        using DomainClaim claim = registry.Claim(guest.Name, id => Describe(guest, id));
        Stream tie = DomainProcess.Start(Specify(guest, options, claim), claim.Folder);
        claim.Keep();
        DomainRecord record = DomainRecord.TryRead(claim.Folder) ?? Describe(guest, claim.Id);
        return new LaunchedDomain(new DomainEntry(claim.Folder, record, IsAlive: true), tie);
    }

    private static DomainRecord Describe(GuestConfiguration guest, int id) => new(
        id, guest.Name, guest.Uuid, Kibibytes(guest.MemoryMiB), guest.Vcpus, DomainState.Starting, ProcessId: 0, TimeProvider.System.GetUtcNow());

    private DomainSpecification Specify(GuestConfiguration guest, LaunchOptions options, DomainClaim claim) => new()
    {
        Id = claim.Id,
        Name = guest.Name,
        Uuid = guest.Uuid,
        Folder = claim.Folder.Path,
        Kernel = guest.Kernel,
        Ramdisk = guest.Ramdisk,
        Bootloader = guest.Bootloader,
        CommandLine = guest.CommandLine,
        MemoryKiB = Kibibytes(guest.MemoryMiB),
        MaxMemoryKiB = Kibibytes(guest.MaxMemoryMiB),
        Vcpus = guest.Vcpus,
        MaxVcpus = guest.MaxVcpus,
        Affinities = guest.Affinities,
        Disks = guest.Disks,
        OnDiskError = guest.OnDiskError,
        Nics = new NicPlanner(guest.Identity, networks).Plan(guest.Vifs, taken: []),
        OnPowerOff = guest.OnPowerOff,
        OnReboot = guest.OnReboot,
        OnCrash = guest.OnCrash,
        KernelCache = CacheDirectory.Kernels(),
        TranslationDirectory = guest.KeepsTranslations ? CacheDirectory.Translations() : null,
        StartPaused = options.StartPaused,
        EndsWithCaller = true,
        PerfMap = options.PerfMap,
        Verbose = options.Verbose,
    };

    private static ulong Kibibytes(long mebibytes) => (ulong)mebibytes << 10;
}
