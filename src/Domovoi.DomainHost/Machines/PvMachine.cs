// SPDX-License-Identifier: MIT
using Domovoi.Backends.Consoles;
using Domovoi.Backends.Stores;
using Domovoi.Backends.Xenbus;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Registry;
using Domovoi.DomainHost.Devices;
using Domovoi.DomainHost.Stores;
using Domovoi.Hypervisor.Boot;
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Grants;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Linux;
using Domovoi.Xen.Abi;

namespace Domovoi.DomainHost.Machines;

/// <summary>A PV domain of the hypervisor with its back ends: console, xenstore, and the devices on its bus.</summary>
internal sealed class PvMachine : IMachine
{
    private static readonly TimeSpan CodeMapPatience = TimeSpan.FromSeconds(5);

    private readonly BuiltDomain _built;
    private readonly GrantMapping _consolePage;
    private readonly GrantMapping _storePage;
    private readonly ConsoleBackend _console;
    private readonly XenstoreRing _store;
    private readonly DeviceBus _bus;
    private readonly DomainDevices _devices;
    private readonly VcpuThreads _threads;
    private readonly HugePages _hugePages;

    internal PvMachine(BuiltDomain built, MachineParts parts, VcpuThreads threads)
    {
        _built = built;
        _threads = threads;
        Domain domain = built.Domain;
        domain.Log.LineAdded += parts.Log.WriteLine;
        foreach (string line in domain.Log.Lines)
        {
            parts.Log.WriteLine(line);
        }

        _consolePage = Map(BuiltDomain.ConsoleGrant);
        _storePage = Map(BuiltDomain.XenstoreGrant);
        GuestStoreTree.WriteRings(
            parts.Store,
            domain.Id,
            (built.Boot.Console, built.ConsolePort),
            (built.Boot.Xenstore, built.XenstorePort));
        _console = new ConsoleBackend(
            domain.Memory, _consolePage.Address, parts.Transcript, parts.Input, domain.Settings.Time.Clock);
        _store = new XenstoreRing(domain.Memory, _storePage.Address, parts.Store, domain.Id);
        _console.Start(Bind(built.ConsolePort, _console.Signal));
        _store.Start(Bind(built.XenstorePort, _store.Signal));
        _bus = new DeviceBus(new ServedDomain(
            domain.Id, domain.Memory, domain.Grants, domain.EventChannels, parts.Store, parts.Log.Write, domain.Vcpus[0].Arrivals));
        _devices = parts.Devices;
        _devices.Join(_bus);
        _hugePages = new HugePages(domain.Memory, () => domain.CpuTime);
        Completion = WaitForEnd(domain);
    }

    public Task<MachineEnd> Completion { get; }

    public void Start() => _built.Domain.Start();

    public void Pause() => _built.Domain.Pause();

    public void Unpause() => _built.Domain.Unpause();

    public void Destroy() => _built.Domain.Destroy();

    public void Pin(VcpuPinning pinning) => _threads.Pin(pinning);

    public IReadOnlyList<string> DescribeCode()
    {
        Task<string>[] told = [.. _built.Domain.Vcpus.Select(static vcpu => vcpu.DescribeCode())];
        Task.WaitAll(told, CodeMapPatience);
        return [.. told.Where(static text => text.IsCompletedSuccessfully).Select(static text => text.Result)];
    }

    public MachineMeasure Measure()
    {
        Domain domain = _built.Domain;
        return new MachineMeasure(
            domain.CpuTime,
            [.. domain.Vcpus.Select(Describe)],
            domain.Frames.CurrentPages * 4,
            CounterTotals.Of(domain.Vcpus, domain.Translations));
    }

    /// <summary>Ends the domain; its last words still reach the console's log.</summary>
    public void Dispose()
    {
        Domain domain = _built.Domain;
        domain.Destroy();
        _hugePages.Dispose();
        _devices.Leave();
        _bus.Dispose();
        domain.EventChannels.UnbindBackend(_built.ConsolePort, _console.Signal);
        domain.EventChannels.UnbindBackend(_built.XenstorePort, _store.Signal);
        _console.Dispose();
        _store.Dispose();
        _consolePage.Dispose();
        _storePage.Dispose();
        _built.Dispose();
    }

    private static async Task<MachineEnd> WaitForEnd(Domain domain)
    {
        Hypervisor.Domains.DomainEnd end = await domain.Completion.ConfigureAwait(false);
        if (end.Destroyed)
        {
            return new MachineEnd(EndReason.Destroyed);
        }

        if (end.Report is { } report)
        {
            return new MachineEnd(EndReason.DomainCrash, report.Split('\n')[0]);
        }

        return new MachineEnd(end.Reason switch
        {
            ShutdownReason.PowerOff => EndReason.PowerOff,
            ShutdownReason.Reboot => EndReason.Reboot,
            ShutdownReason.Suspend => EndReason.Suspend,
            ShutdownReason.Watchdog => EndReason.Watchdog,
            ShutdownReason.SoftReset => EndReason.SoftReset,
            _ => EndReason.Crash,
        });
    }

    private VcpuStatus Describe(Vcpu vcpu)
    {
        VcpuRunstate runstate = vcpu.Runstate.Snapshot();
        Contracts.Registry.DomainState state = (RunstateKind)runstate.State switch
        {
            RunstateKind.Running or RunstateKind.Runnable => Contracts.Registry.DomainState.Running,
            RunstateKind.Blocked => Contracts.Registry.DomainState.Blocked,
            _ => Contracts.Registry.DomainState.Paused,
        };
        int thread = _threads.Of(vcpu.Id);
        return new VcpuStatus(
            vcpu.Id,
            state,
            (long)runstate.TimeRunning,
            vcpu.IsOnline,
            thread,
            thread == 0 ? null : ThreadAffinity.LastProcessor(thread),
            _threads.AffinityOf(vcpu.Id));
    }

    private GrantMapping Map(GrantRef reference) =>
        _built.Domain.Grants.TryMap(reference, readOnly: false, out GrantMapping? mapping) && mapping is not null
            ? mapping
            : throw new InvalidOperationException($"The page of grant {reference.Value} cannot be mapped.");

    private Action Bind(EventPort port, Action onSignal) =>
        _built.Domain.EventChannels.BindBackend(port, onSignal)
            ?? throw new InvalidOperationException($"Event channel {port.Value} cannot be bound.");
}
