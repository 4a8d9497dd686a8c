// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Devices;
using Domovoi.Contracts.Networks;
using Domovoi.Contracts.Registry;

namespace Domovoi.Contracts.Launch;

/// <summary>All that <c>domovoi-vm</c> needs to make one domain. Paths are absolute; values have been checked for form, not for truth.</summary>
/// <remarks>
/// Started as <c>domovoi-vm --spec FILE</c>, or <c>--spec -</c> for standard input. The process answers with one line on its
/// standard output, a <see cref="LaunchReport"/>, once the guest runs (or the start failed), then closes it and leaves the
/// caller's session; before that line, standard error is for people.
/// Properties with a default have a setter, because the serializer's generated code gives absent ones that are <c>init</c> no default.
/// </remarks>
public sealed record DomainSpecification
{
    /// <summary>The most virtual processors of a guest: what shared_info has room for without registration (<c>XEN_LEGACY_MAX_VCPUS</c>).</summary>
    public const int MostVcpus = 32;

    public required int Id { get; init; }

    public required string Name { get; init; }

    public required Guid Uuid { get; init; }

    /// <summary>The domain's folder (<see cref="DomainFolder"/>); it exists.</summary>
    public required string Folder { get; init; }

    /// <summary>ELF or bzImage.</summary>
    public required string Kernel { get; init; }

    /// <summary>Set if kernel and ramdisk come from the first disk; <see cref="Kernel"/> is empty then.</summary>
    public BootloaderSpecification? Bootloader { get; init; }

    public string? Ramdisk { get; init; }

    public string CommandLine { get; set; } = "";

    public required ulong MemoryKiB { get; init; }

    /// <summary>0: as <see cref="MemoryKiB"/>.</summary>
    public ulong MaxMemoryKiB { get; init; }

    /// <summary>Virtual processors that the guest brings up at its start.</summary>
    public int Vcpus { get; set; } = 1;

    /// <summary>Virtual processors that it may bring up in all.</summary>
    public int MaxVcpus { get; set; } = 1;

    /// <summary>Where each vCPU runs, from vCPU 0 on; those behind the end of the list run anywhere.</summary>
    public IReadOnlyList<VcpuAffinity> Affinities { get; set; } = [];

    public IReadOnlyList<DiskSpecification> Disks { get; set; } = [];

    public DiskErrorAction OnDiskError { get; set; } = DiskErrorAction.Report;

    /// <summary>The guest's vifs.</summary>
    public IReadOnlyList<NicSpecification> Nics { get; set; } = [];

    public EndAction OnPowerOff { get; set; } = EndAction.Destroy;

    public EndAction OnReboot { get; set; } = EndAction.Restart;

    public EndAction OnCrash { get; set; } = EndAction.Destroy;

    /// <summary>Where unpacked kernels are kept by content; null for nowhere.</summary>
    public string? KernelCache { get; init; }

    /// <summary>Where translated code of guests is kept from one boot to the next; null for nowhere.</summary>
    public string? TranslationDirectory { get; init; }

    /// <summary>Made but not run until <c>unpause</c>: <c>dom create -p</c>.</summary>
    public bool StartPaused { get; init; }

    /// <summary>
    /// Ends the domain when standard input ends, unless a byte came through it first: then it goes on without its caller. The pipe is
    /// how the caller's death is noticed, whatever it died of. Not for <c>--spec -</c>.
    /// </summary>
    public bool EndsWithCaller { get; init; }

    /// <summary>Leaves <c>/tmp/perf-PID.map</c> when a boot ends, so that perf names guest code.</summary>
    public bool PerfMap { get; init; }

    /// <summary>Writes debugging detail to the hypervisor's log. The variable <c>DOMOVOI_VERBOSE=1</c> does the same.</summary>
    public bool Verbose { get; init; }
}
