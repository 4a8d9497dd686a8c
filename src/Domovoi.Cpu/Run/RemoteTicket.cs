// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Run;

/// <summary>A request's place in its processor's queue; the default one is done.</summary>
public readonly record struct RemoteTicket
{
    private readonly RemoteRequests? _requests;
    private readonly long _number;

    internal RemoteTicket(RemoteRequests requests, long number) => (_requests, _number) = (requests, number);

    /// <summary>Whether the processor has done it, or will before it next runs guest code.</summary>
    public bool IsDone => _requests is null || _requests.IsDone(_number);

    /// <summary>Waits until it is. A processor that runs looks at each of its loops' turns and each branch to elsewhere.</summary>
    public void Wait()
    {
        SpinWait spin = default;
        while (!IsDone)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }
}
