// SPDX-License-Identifier: MIT
using Domovoi.Cpu;
using Domovoi.Cpu.Mmu;
using Domovoi.Hypervisor.Events;
using Domovoi.Hypervisor.Frames;
using Domovoi.Hypervisor.Grants;
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Hypervisor.Timers;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Domains;

/// <summary>One virtual machine: composes its subsystems and carries its lifecycle.</summary>
/// <remarks>
/// Made from frames that hold a loaded guest; then its first vCPU is set up, back ends bind their ports, and
/// <see cref="Start"/> runs it until <see cref="Completion"/>.
/// </remarks>
public sealed class Domain : IDisposable
{
    /// <summary>Room for translated code of a domain with up to eight vCPUs.</summary>
    private const ulong CodeSpace = 512UL << 20;

    private readonly Vcpu[] _vcpus;
    private readonly TranslationCache[] _translations;
    private readonly DomainLife _life;

    public Domain(DomainSettings settings, FrameTable frames)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(frames);
        Settings = settings;
        Frames = frames;
        SharedInfo = PhysicalAddress.OfFrame(settings.SharedInfo.Value);
        Log = new DomainLog(settings.Time.Clock);
        Clock = new DomainClock(settings.Time);
        PageTables = new PageTables(frames);
        Processors processors = new(frames.Memory);
        PagingPolicy paging = new(
            IgnoreUserBit: true,
            X86Addresses.FirstReservedSlot,
            X86Addresses.LastReservedSlot,
            frames.MachineToPhysical.Root.Value);
        _vcpus = new Vcpu[settings.VcpuCount];
        _translations = new TranslationCache[_vcpus.Length];
        for (int id = 0; id < _vcpus.Length; id++)
        {
            _translations[id] = new TranslationCache(processors, CodeSpace / (ulong)Math.Clamp(_vcpus.Length, 2, 8), settings.Translations);
            _vcpus[id] = new Vcpu(this, id, new VirtualCpu(_translations[id], paging));
        }

        EventChannels = new EventChannelTable(settings.Id, frames, SharedInfo, _vcpus);
        Grants = new GrantTable(settings.Id, frames);
        Watchdogs = new DomainWatchdogs(this);
        Deadlines = new DeadlineThread(this);
        _life = new DomainLife(this, _vcpus);
    }

    public DomainId Id => Settings.Id;

    public DomainSettings Settings { get; }

    /// <summary>Machine memory: RAM, shared_info, grant and M2P frames; see <see cref="FrameTable"/>.</summary>
    public GuestMemory Memory => Frames.Memory;

    public FrameTable Frames { get; }

    public PageTables PageTables { get; }

    public EventChannelTable EventChannels { get; }

    public GrantTable Grants { get; }

    public IReadOnlyList<Vcpu> Vcpus => _vcpus;

    public DomainLog Log { get; }

    public DomainClock Clock { get; }

    /// <summary>Translated code of each vCPU: what it counts may be read by any thread.</summary>
    public IReadOnlyList<TranslationCache> Translations => _translations;

    /// <summary>Where <c>struct shared_info</c> lies.</summary>
    public PhysicalAddress SharedInfo { get; }

    /// <summary>What the guest enabled by <c>__HYPERVISOR_vm_assist</c>. Written by its vCPUs.</summary>
    public VmAssists Assists { get; internal set; }

    /// <summary>Any thread.</summary>
    public DomainState State => _life.State;

    /// <summary>Ends when the domain does.</summary>
    public Task<DomainEnd> Completion => _life.Completion;

    /// <summary>Processor time used by all vCPUs.</summary>
    public TimeSpan CpuTime => TimeSpan.FromMicroseconds(_vcpus.Sum(static vcpu => vcpu.Runstate.RunningTime / 1000.0));

    internal DeadlineThread Deadlines { get; }

    internal DomainWatchdogs Watchdogs { get; }

    /// <summary>Starts the vCPUs that are online; afterwards their registers belong to their threads.</summary>
    public void Start() => _life.Start();

    /// <summary>Stops all vCPUs until <see cref="Unpause"/>.</summary>
    public void Pause() => _life.Change(DomainState.Running, DomainState.Paused);

    public void Unpause() => _life.Change(DomainState.Paused, DomainState.Running);

    /// <summary>Ends the domain from outside, at once.</summary>
    public void Destroy() => _life.End(new DomainEnd(ShutdownReason.PowerOff, Destroyed: true));

    /// <summary>The guest asked to end (<c>SCHEDOP_shutdown</c>). Any thread.</summary>
    internal void ShutDown(ShutdownReason reason) => _life.End(new DomainEnd(reason));

    /// <summary>The guest cannot go on.</summary>
    internal void Crash(string report) => _life.End(new DomainEnd(ShutdownReason.Crash, report));

    /// <summary>Ends the domain and waits for its threads to leave.</summary>
    /// <remarks>The timers' thread kicks processors and is woken by them: both must be gone before either's memory is.</remarks>
    public void Dispose()
    {
        Destroy();
        Array.ForEach(_vcpus, vcpu => vcpu.JoinThread());
        Settings.CodeLeft?.Invoke(_vcpus.Select(vcpu => DescribeCode(vcpu.Id)));
        Deadlines.Dispose();
        Array.ForEach(_vcpus, vcpu => vcpu.Dispose());
        Array.ForEach(_translations, cache => cache.Dispose());
        Settings.Translations?.Save();
        Settings.Translations?.Dispose();
    }

    /// <summary>perf's map of a vCPU's translated code. Its own thread, or any when that has left.</summary>
    internal string DescribeCode(int vcpu)
    {
        using StringWriter map = new();
        _translations[vcpu].WriteMap(map);
        return map.ToString();
    }
}
