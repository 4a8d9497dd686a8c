// SPDX-License-Identifier: MIT
namespace Domovoi.Network.Limits;

/// <summary>Spends a <see cref="TransmitRate"/>: each interval brings its credit, and what was not used is forgotten. Belongs to one thread.</summary>
/// <remarks>A frame longer than an interval's credit is let through when the credit is full, so that small rates still move large frames.</remarks>
public sealed class TransmitCredit
{
    private readonly TimeProvider _time;
    private readonly TransmitRate? _rate;
    private readonly long _intervalTicks;
    private long _credit;
    private long _windowStart;

    /// <param name="rate">null: there is no limit.</param>
    /// <param name="time">The host's clock.</param>
    public TransmitCredit(TransmitRate? rate, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _rate = rate;
        _credit = (long)(rate?.BytesPerInterval ?? 0);
        _intervalTicks = rate is { } limit ? Math.Max(1, (long)(limit.Interval.TotalSeconds * time.TimestampFrequency)) : 1;
        _windowStart = time.GetTimestamp();
    }

    /// <summary>How long until another frame may go; zero when one may go now.</summary>
    public TimeSpan Wait
    {
        get
        {
            Replenish();
            return _rate is null || _credit > 0
                ? TimeSpan.Zero
                : _time.GetElapsedTime(_time.GetTimestamp(), _windowStart + (IntervalsInDebt() * _intervalTicks));
        }
    }

    /// <summary>Pays for a frame; the credit may go below nothing, which later intervals pay back.</summary>
    public void Spend(int bytes)
    {
        if (_rate is not null)
        {
            _credit -= bytes;
        }
    }

    private long IntervalsInDebt() => (-_credit / (long)_rate!.Value.BytesPerInterval) + 1;

    private void Replenish()
    {
        long passed = (_time.GetTimestamp() - _windowStart) / _intervalTicks;
        if (_rate is not { } rate || passed <= 0)
        {
            return;
        }

        _windowStart += passed * _intervalTicks;
        long full = (long)rate.BytesPerInterval;
        Int128 grown = _credit + ((Int128)passed * full);
        _credit = (long)Int128.Min(grown, full);
    }
}
