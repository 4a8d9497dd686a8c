// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Launch;
using Domovoi.Linux;

namespace Domovoi.DomainHost.Machines;

/// <summary>The host's threads that run one boot's vCPUs, and the processors each may use. Thread safe.</summary>
internal sealed class VcpuThreads
{
    private readonly Lock _gate = new();                    // guards what is below
    private readonly int[] _threads;
    private readonly VcpuAffinity[] _wanted;
    private readonly Action<string> _log;

    internal VcpuThreads(int count, IReadOnlyList<VcpuAffinity> affinities, Action<string> log)
    {
        _log = log;
        _threads = new int[count];
        _wanted = [.. Enumerable.Range(0, count).Select(vcpu => vcpu < affinities.Count ? affinities[vcpu] : new VcpuAffinity())];
    }

    /// <summary>Called on the thread of a vCPU, before it runs the guest.</summary>
    internal void Start(int vcpu)
    {
        lock (_gate)
        {
            _threads[vcpu] = ThreadAffinity.CurrentThread;
            if (_wanted[vcpu].Hard is not { } processors)
            {
                return;
            }

            try
            {
                ThreadAffinity.Set(_threads[vcpu], processors);
            }
            catch (LinuxException e)
            {
                _log($"vCPU {vcpu} cannot be kept to the processors {string.Join(',', processors)} of the host, and runs anywhere: {e.Message}");
            }
        }
    }

    /// <summary>The host's number of a vCPU's thread, 0 before it runs.</summary>
    internal int Of(int vcpu)
    {
        lock (_gate)
        {
            return _threads[vcpu];
        }
    }

    internal VcpuAffinity AffinityOf(int vcpu)
    {
        lock (_gate)
        {
            IReadOnlyList<int> hard = _threads[vcpu] != 0 || _wanted[vcpu].Hard is null
                ? ThreadAffinity.Get(_threads[vcpu]) ?? _wanted[vcpu].Hard ?? []
                : _wanted[vcpu].Hard!;
            return new VcpuAffinity(hard, _wanted[vcpu].Soft);
        }
    }

    internal void Pin(VcpuPinning pinning)
    {
        lock (_gate)
        {
            if (pinning.Vcpu is { } one && (one < 0 || one >= _threads.Length))
            {
                throw new ProblemException("no-such-vcpu", $"The domain has no vCPU {one}; its vCPUs are 0 to {_threads.Length - 1}.");
            }

            foreach (int vcpu in pinning.Vcpu is { } chosen ? [chosen] : Enumerable.Range(0, _threads.Length))
            {
                PinLocked(vcpu, pinning.Affinity);
            }
        }
    }

    private void PinLocked(int vcpu, VcpuAffinity affinity)
    {
        if (affinity.Hard is { } processors && _threads[vcpu] != 0)
        {
            try
            {
                ThreadAffinity.Set(_threads[vcpu], processors);
            }
            catch (LinuxException e)
            {
                throw new ProblemException(
                    "host-refuses-processors",
                    $"The host does not let vCPU {vcpu} run on {string.Join(',', processors)}: {e.Message}",
                    "The domain's process may be kept to other processors, by a cpuset for instance.");
            }
        }

        _wanted[vcpu] = new VcpuAffinity(affinity.Hard ?? _wanted[vcpu].Hard, affinity.Soft ?? _wanted[vcpu].Soft);
    }
}
