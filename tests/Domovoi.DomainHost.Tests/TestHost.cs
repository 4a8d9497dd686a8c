// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using Domovoi.Backends.Consoles;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;
using Domovoi.DomainHost.Consoles;
using Domovoi.DomainHost.Control;
using Domovoi.DomainHost.Devices;
using Domovoi.DomainHost.Lifecycle;
using Domovoi.DomainHost.Logs;
using Domovoi.DomainHost.Machines;
using Domovoi.DomainHost.Nics;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;

namespace Domovoi.DomainHost;

/// <summary>A domain's process without the process and without the hypervisor: sockets, files and lifecycle are real.</summary>
internal sealed class TestHost : IDisposable
{
    private readonly BlockingCollection<FakeMachine> _machines = [];
    private readonly HypervisorLog _log;
    private readonly DomainDevices _devices = new();
    private readonly ConsoleServer _console;
    private readonly ControlServer _control;
    private readonly Task<DomainEnd> _run;

    internal TestHost(Func<DomainSpecification, DomainSpecification>? change = null)
    {
        Folder = new DomainFolder(Directory.CreateTempSubdirectory("domovoi-test").FullName);
        DomainSpecification specification = new()
        {
            Id = 5, Name = "guest", Uuid = Guid.NewGuid(), Folder = Folder.Path, Kernel = "/k", MemoryKiB = 4096,
        };
        specification = change?.Invoke(specification) ?? specification;
        _log = new HypervisorLog(Folder.HypervisorLog, TimeProvider.System);
        FileStream consoleLog = new(Folder.ConsoleLog, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        Transcript = new ConsoleTranscript(consoleLog, _log.Write);
        MachineParts parts = new(specification, new XenstoreServer(), Transcript, Input, _log, _devices);
        Lifecycle = new DomainLifecycle(parts, Folder, Build, TimeProvider.System);
        StoreMethods store = new(Lifecycle, new DomainId(5));
        DiskTroubles troubles = new(specification.OnDiskError, _log.Write);
        DiskMethods disks = new(_devices, troubles, new DomainId(5));
        NicMethods nics = new(new NicFactory(5, vcpus: 1, new HotplugScripts(specification, _log.Write), TimeProvider.System), _devices, Lifecycle, new DomainId(5));
        _control = new ControlServer(Folder.ControlSocket, new ControlMethods(Lifecycle, store, disks, nics, _log));
        _console = new ConsoleServer(Folder.ConsoleSocket, Transcript, Input);
        _control.Start();
        _console.Start();
        _run = Task.Factory.StartNew(
            () => Lifecycle.Run(() => { }), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    internal DomainFolder Folder { get; }

    internal ConsoleTranscript Transcript { get; }

    internal ConsoleInput Input { get; } = new();

    internal DomainLifecycle Lifecycle { get; }

    /// <summary>The next machine that is booted; waits for it, and for the lifecycle to have taken it over.</summary>
    internal FakeMachine NextMachine()
    {
        Assert.True(_machines.TryTake(out FakeMachine? machine, TimeSpan.FromSeconds(20)));
        SpinWait.SpinUntil(() => DomainRecord.TryRead(Folder)?.State is DomainState.Running or DomainState.Paused, 20_000);
        return machine!;
    }

    internal ControlClient Connect() => ControlClient.TryConnect(Folder) ?? throw new InvalidOperationException("Nobody listens.");

    /// <summary>Waits for the last end, and ends the sockets as the process does.</summary>
    internal DomainEnd WaitForEnd()
    {
        Assert.True(_run.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        _console.Dispose();
        return _run.Result;
    }

    public void Dispose()
    {
        Lifecycle.Destroy();
        _run.Wait();
        _control.Dispose();
        _console.Dispose();
        Transcript.Dispose();
        _log.Dispose();
        Lifecycle.Dispose();
        _devices.Dispose();
        _machines.Dispose();
        Directory.Delete(Folder.Path, recursive: true);
    }

    private FakeMachine Build(MachineParts parts)
    {
        FakeMachine machine = new(parts);
        _machines.Add(machine);
        return machine;
    }
}
