// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;

namespace Domovoi.Hypervisor.Domains;

/// <summary>The states a domain goes through, and the one end it comes to. Thread safe.</summary>
internal sealed class DomainLife(Domain domain, Vcpu[] vcpus)
{
    private readonly Lock _gate = new();                    // guards changes of State
    private readonly TaskCompletionSource<DomainEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile int _state;

    internal DomainState State => (DomainState)_state;

    internal Task<DomainEnd> Completion => _end.Task;

    internal void Start()
    {
        lock (_gate)
        {
            if (State != DomainState.Created)
            {
                throw new InvalidOperationException($"The domain is {State}.");
            }

            _state = (int)DomainState.Running;
        }

        domain.Clock.Calibrate();
        domain.Clock.PublishWallClock(domain.Memory, domain.SharedInfo);
        domain.Deadlines.Start();
        foreach (Vcpu vcpu in vcpus)
        {
            vcpu.StartThread();
        }
    }

    internal void Change(DomainState from, DomainState to)
    {
        lock (_gate)
        {
            if (State != from)
            {
                return;
            }

            _state = (int)to;
        }

        RequestAll();
    }

    /// <summary>Ends the domain, once; a later end is not heard.</summary>
    internal void End(DomainEnd end)
    {
        lock (_gate)
        {
            if (State == DomainState.Ended)
            {
                return;
            }

            _state = (int)DomainState.Ended;
        }

        foreach (string line in (end.Report ?? (end.Destroyed ? "Destroyed." : $"Shut down: {end.Reason}.")).Split('\n'))
        {
            domain.Log.Write(line);
        }

        RequestAll();
        _end.TrySetResult(end);
    }

    private void RequestAll()
    {
        foreach (Vcpu vcpu in vcpus)
        {
            vcpu.Request(VcpuRequests.StateChanged);
        }
    }
}
