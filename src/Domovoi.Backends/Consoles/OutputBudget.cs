// SPDX-License-Identifier: MIT
namespace Domovoi.Backends.Consoles;

/// <summary>How fast a guest may print: a burst at full speed, then a steady rate, so that a flood fills neither disk nor processor.</summary>
/// <remarks>While the budget is used up the ring stays full, and the guest's driver waits as it would for a slow line.</remarks>
internal sealed class OutputBudget
{
    private readonly TimeProvider _time;
    private readonly long _burst;
    private readonly long _bytesPerSecond;
    private long _left;
    private long _lastRefill;

    internal OutputBudget(TimeProvider time, long burst, long bytesPerSecond)
    {
        _time = time;
        _burst = burst;
        _bytesPerSecond = bytesPerSecond;
        _left = burst;
        _lastRefill = time.GetTimestamp();
    }

    /// <summary>Bytes that may be taken now.</summary>
    internal long Left
    {
        get
        {
            TimeSpan passed = _time.GetElapsedTime(_lastRefill);
            if (passed > TimeSpan.FromMilliseconds(10))
            {
                _lastRefill = _time.GetTimestamp();
                _left = Math.Min(_burst, _left + (long)(Math.Min(passed.TotalSeconds, 3600) * _bytesPerSecond));
            }

            return _left;
        }
    }

    internal void Spend(int bytes) => _left -= bytes;
}
