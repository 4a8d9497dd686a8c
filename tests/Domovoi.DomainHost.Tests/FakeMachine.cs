// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Registry;
using Domovoi.DomainHost.Machines;

namespace Domovoi.DomainHost;

/// <summary>A machine that does what the test says instead of running a guest.</summary>
internal sealed class FakeMachine(MachineParts parts) : IMachine
{
    private readonly TaskCompletionSource<MachineEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal MachineParts Parts { get; } = parts;

    internal List<string> Calls { get; } = [];

    public Task<MachineEnd> Completion => _end.Task;

    public void Start() => Calls.Add("start");

    public void Pause() => Calls.Add("pause");

    public void Unpause() => Calls.Add("unpause");

    public void Destroy() => _end.TrySetResult(new MachineEnd(EndReason.Destroyed));

    public MachineMeasure Measure() => new(TimeSpan.FromSeconds(3), [], 4096, new Dictionary<string, long> { ["x"] = 1 });

    public void Pin(VcpuPinning pinning) => Calls.Add($"pin {pinning.Vcpu}");

    public IReadOnlyList<string> DescribeCode() => ["1000 10 guest-kernel-ffffffff81000000\n"];

    public void Dispose() => Calls.Add("dispose");

    internal void End(EndReason reason) => _end.TrySetResult(new MachineEnd(reason));
}
