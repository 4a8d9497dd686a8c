// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Backends.Consoles;
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;
using Domovoi.DomainHost.Consoles;
using Domovoi.DomainHost.Control;
using Domovoi.DomainHost.Devices;
using Domovoi.DomainHost.Launch;
using Domovoi.DomainHost.Lifecycle;
using Domovoi.DomainHost.Logs;
using Domovoi.DomainHost.Machines;
using Domovoi.DomainHost.Nics;
using Domovoi.Linux;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;

namespace Domovoi.DomainHost;

/// <summary>The composition root: puts one domain together, runs it, and leaves its files true.</summary>
/// <remarks>
/// Threads: main (the lifecycle), one per vCPU, console, xenstore, timers, one per socket and per connection.
/// Order of the end: the machine stops and its last output is kept; <c>domain.json</c> says how it ended; viewers see the
/// last bytes and are let go; the process ends, and with it the lock.
/// </remarks>
internal static class DomainProcess
{
    internal static int Run(DomainSpecification specification, LaunchReporter reporter)
    {
        ProcessIsolation.DropPrivileges();
        ProcessIsolation.LeaveSession();
        DomainFolder folder = new(specification.Folder);
        using DomainLock? held = DomainLock.TryTake(folder);
        if (held is null)
        {
            throw new ProblemException("domain-running", $"Domain {specification.Id} has a process already.");
        }

        using HypervisorLog log = new(folder.HypervisorLog, TimeProvider.System);
        FileStream consoleLog = new(folder.ConsoleLog, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        using ConsoleTranscript transcript = new(consoleLog, log.Write);
        using DomainDevices devices = new();
        MachineParts parts = new(specification, new XenstoreServer(), transcript, new ConsoleInput(), log, devices);
        using DomainLifecycle lifecycle = new(parts, folder, PvMachineFactory.Build, TimeProvider.System);
        AppDomain.CurrentDomain.UnhandledException += (_, e) => Fail(lifecycle, log, $"{e.ExceptionObject}");
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, static c => c.Cancel = true);
        DomainId id = new((ushort)specification.Id);
        DiskTroubles troubles = new(specification.OnDiskError, log.Write);
        troubles.Connect(lifecycle.Pause, lifecycle.Fail);
        lifecycle.Resumed = troubles.Resume;
        DiskMethods disks = new(devices, troubles, id);
        NicMethods nics = new(new NicFactory(specification.Id, specification.MaxVcpus, new HotplugScripts(specification, log.Write), TimeProvider.System), devices, lifecycle, id);
        using ControlServer control = new(
            folder.ControlSocket, new ControlMethods(lifecycle, new StoreMethods(lifecycle, id), disks, nics, log));
        using ConsoleServer console = new(folder.ConsoleSocket, transcript, parts.Input);
        control.Start();
        console.Start();
        if (specification.EndsWithCaller)
        {
            CallerWatch.Start(OnOrphaned);
        }

        log.Write($"Domain {specification.Id} \"{specification.Name}\" ({specification.Uuid}), process {Environment.ProcessId}.");
        DomainEnd end = RunToEnd(
            () =>
            {
                specification.Disks.ToList().ForEach(disks.Attach);
                specification.Nics.ToList().ForEach(nics.Attach);
                return lifecycle.Run(reporter.Succeed);
            },
            log,
            reporter);
        lifecycle.WriteEnd(end);
        return end.ExitCode;

        void OnOrphaned()
        {
            log.Write("Who started this domain is gone and has not let it go on.");
            lifecycle.Destroy();
        }

        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            log.Write($"{context.Signal} was received.");
            lifecycle.Destroy();
        }
    }

    private static DomainEnd RunToEnd(Func<DomainEnd> run, HypervisorLog log, LaunchReporter reporter)
    {
        try
        {
            return run();
        }
        catch (ProblemException e)
        {
            log.Write(e.Message);
            reporter.Fail(e.Problem);
            return new DomainEnd(EndReason.HostFailure, e.Message, TimeProvider.System.GetUtcNow());
        }
#pragma warning disable CA1031 // The process's last resort: whatever failed is told to the caller and to the log.
        catch (Exception e)
#pragma warning restore CA1031
        {
            log.Write(e.ToString());
            reporter.Fail(new Problem("host-failure", $"{e.GetType().Name}: {e.Message}", null, $"See {log.Path}."));
            return new DomainEnd(EndReason.HostFailure, e.Message, TimeProvider.System.GetUtcNow());
        }
    }

    private static void Fail(DomainLifecycle lifecycle, HypervisorLog log, string what)
    {
        log.BeginEnd();
        log.Write($"Domovoi failed: {what}");
        lifecycle.WriteEnd(new DomainEnd(EndReason.HostFailure, what.Split('\n')[0], TimeProvider.System.GetUtcNow()));
    }
}
