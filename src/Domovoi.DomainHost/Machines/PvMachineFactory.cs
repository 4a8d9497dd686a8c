// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;
using Domovoi.DomainHost.BootLoaders;
using Domovoi.Hypervisor.Boot;
using Domovoi.Hypervisor.Domains;
using Domovoi.KernelImages;
using Domovoi.KernelImages.Caching;
using Domovoi.Linux;
using Domovoi.Xen.Abi;

namespace Domovoi.DomainHost.Machines;

/// <summary>Builds a machine from a specification: opens kernel and ramdisk, has the domain built, adds the back ends.</summary>
internal static class PvMachineFactory
{
    /// <summary>Not a directory, so that a cache there keeps nothing.</summary>
    private const string NoCache = "/dev/null/kernels";

    /// <exception cref="ProblemException">A person can repair it.</exception>
    internal static IMachine Build(MachineParts parts) =>
        parts.Specification.Bootloader is null ? BuildKernel(parts) : GuestBoot.Build(parts, BuildKernel);

    private static PvMachine BuildKernel(MachineParts parts)
    {
        DomainSpecification specification = parts.Specification;
        try
        {
            using KernelImage kernel = new KernelCache(specification.KernelCache ?? NoCache).Open(specification.Kernel);
            using FileImage? ramdisk = specification.Ramdisk is { } path ? OpenRamdisk(path) : null;
            VcpuThreads threads = new(specification.MaxVcpus, specification.Affinities, parts.Log.Write);
            BuiltDomain built = DomainBuilder.Build(new DomainBuildRequest
            {
                Settings = new DomainSettings
                {
                    Id = new DomainId((ushort)specification.Id),
                    Name = specification.Name,
                    Uuid = specification.Uuid,
                    VcpuCount = specification.MaxVcpus,
                    VcpuThreadStarted = threads.Start,
                    NewWakeGate = static () => new HostWakeGate(),
                    NewProcessorClock = static () =>
                    {
                        ThreadClock clock = ThreadClock.OfCurrentThread();
                        return () => clock.Nanoseconds;
                    },
                    NewAlarm = static () => new HostAlarm(),
                    Translations = KernelTranslations.Open(specification.TranslationDirectory, kernel),
                    CodeLeft = specification.PerfMap ? texts => PerfMap.TryWrite(texts, parts.Log.Write) : null,
                    LastConsoleLines = () => parts.Transcript.LastLines(20),
                },
                Kernel = kernel,
                Ramdisk = ramdisk,
                CommandLine = specification.CommandLine,
                MemoryKiB = specification.MemoryKiB,
                MaxMemoryKiB = specification.MaxMemoryKiB,
            });
            return new PvMachine(built, parts, threads);
        }
        catch (KernelImageException e)
        {
            throw new ProblemException(e.Code, $"{specification.Kernel}: {e.Message}", e.Hint);
        }
        catch (DomainBuildException e)
        {
            throw new ProblemException(e.Code, e.Message, e.Hint);
        }
        catch (LinuxException e) when (e.Call is "mmap" or "ftruncate" or "memfd_create")
        {
            throw new ProblemException(
                "no-memory",
                $"The host does not give {specification.MemoryKiB / 1024} MiB of memory: {e.Message}",
                "Lower memory, or end other domains.");
        }
    }

    private static FileImage OpenRamdisk(string path)
    {
        try
        {
            return new FileImage(File.OpenHandle(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("ramdisk-unreadable", $"The ramdisk '{path}' cannot be read: {e.Message}");
        }
    }
}
