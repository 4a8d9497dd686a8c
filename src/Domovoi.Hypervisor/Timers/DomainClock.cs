// SPDX-License-Identifier: MIT
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Timers;

/// <summary>A domain's system time: nanoseconds since it was made, and how the guest derives them from RDTSC. Thread safe.</summary>
/// <remarks>
/// System time follows the host's monotonic clock. The guest extrapolates from the time-stamp counter, whose frequency is
/// known only so well; so once a second the vCPU that notices takes a new <see cref="ClockSample"/>: the frequency is
/// measured over the whole time since the start, and the new line begins where the old one ends, so that time never steps back.
/// State to save: system time.
/// </remarks>
public sealed class DomainClock
{
    /// <summary>Age in nanoseconds at which a sample is replaced.</summary>
    public const long SampleLifetime = 1_000_000_000;

    private const long ShortestMeasurement = 20_000_000;
    private const double LargestCorrection = 500e-6;        // how far a line may lean to meet the host's clock again

    private readonly TimeSources _sources;
    private readonly long _startTimestamp;
    private readonly ulong _startTicks;
    private readonly double _nanosecondsPerTimestamp;
    private readonly Lock _gate = new();                    // guards _sample
    private double _frequency;
    private ClockSample _sample;

    public DomainClock(TimeSources sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        _sources = sources;
        _nanosecondsPerTimestamp = 1e9 / sources.Clock.TimestampFrequency;
        (_startTimestamp, _startTicks) = ReadBoth();
        _frequency = sources.TimeStampFrequency;
    }

    /// <summary>Ticks per second of the time-stamp counter, as the guest is told; known once the domain starts.</summary>
    public ulong TimeStampFrequency => (ulong)_frequency;

    /// <summary>System time now.</summary>
    public long Now => ToNanoseconds(_sources.Clock.GetTimestamp() - _startTimestamp);

    /// <summary>The current line from ticks to system time, renewed when it is too old.</summary>
    public ClockSample Sample()
    {
        lock (_gate)
        {
            (long timestamp, ulong ticks) = ReadBoth();
            long now = ToNanoseconds(timestamp - _startTimestamp);
            if (now - _sample.SystemTime >= SampleLifetime)
            {
                _sample = Renew(now, ticks);
            }

            return _sample;
        }
    }

    /// <summary>Ends the measuring that began with the domain: what building it takes is long enough for some millionths.</summary>
    public void Calibrate()
    {
        lock (_gate)
        {
            while (_frequency == 0)
            {
                (long timestamp, ulong ticks) = ReadBoth();
                long elapsed = ToNanoseconds(timestamp - _startTimestamp);
                if (elapsed >= ShortestMeasurement)
                {
                    _frequency = (ticks - _startTicks) / (elapsed * 1e-9);
                }
            }

            _sample = new ClockSample(_startTicks, 0, TimeScale.OfFrequency(_frequency));
        }
    }

    /// <summary>Writes the wall clock at system time 0 to <c>shared_info</c>.</summary>
    public void PublishWallClock(GuestMemory memory, PhysicalAddress sharedInfo)
    {
        ArgumentNullException.ThrowIfNull(memory);
        TimeSpan epoch = _sources.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch;
        long atStart = (epoch.Ticks * 100) - Now;
        (long seconds, long nanoseconds) = Math.DivRem(atStart, 1_000_000_000);
        ref uint version = ref memory.Shared<uint>(sharedInfo + SharedInfo.WallClockVersion);
        uint even = version & ~1u;
        Volatile.Write(ref version, even | 1);
        memory.Shared<uint>(sharedInfo + SharedInfo.WallClockSeconds) = (uint)seconds;
        memory.Shared<uint>(sharedInfo + SharedInfo.WallClockSecondsHigh) = (uint)(seconds >> 32);
        memory.Shared<uint>(sharedInfo + SharedInfo.WallClockNanoseconds) = (uint)nanoseconds;
        Volatile.Write(ref version, even + 2);
    }

    private ClockSample Renew(long now, ulong ticks)
    {
        long extrapolated = _sample.At(ticks);
        double frequency = (ticks - _startTicks) / (now * 1e-9);
        if (frequency < 1)
        {
            return _sample;                                 // a counter that stands still tells nothing
        }

        // An idle guest renews late: the correction must fade before the line could lean past the host's clock.
        double expected = Math.Max(SampleLifetime, now - _sample.SystemTime);
        double behind = (now - extrapolated) / expected;
        if (Math.Abs(behind) > LargestCorrection)
        {
            // The process was stopped or the first guess was poor: forward at once, backward never faster than the limit.
            extrapolated = Math.Max(extrapolated, now);
            behind = Math.Clamp((now - extrapolated) / expected, -LargestCorrection, LargestCorrection);
        }

        return new ClockSample(ticks, extrapolated, TimeScale.OfFrequency(frequency / (1 + behind)));
    }

    /// <summary>Both clocks at one moment: the try with the shortest time between two looks at the counter.</summary>
    private (long Timestamp, ulong Ticks) ReadBoth()
    {
        ulong best = ulong.MaxValue;
        (long, ulong) result = default;
        for (int attempt = 0; attempt < 3; attempt++)
        {
            ulong before = _sources.ReadTimeStamp();
            long timestamp = _sources.Clock.GetTimestamp();
            ulong after = _sources.ReadTimeStamp();
            if (after - before < best)
            {
                best = after - before;
                result = (timestamp, before + ((after - before) / 2));
            }
        }

        return result;
    }

    private long ToNanoseconds(long timestamps) =>
        _nanosecondsPerTimestamp == 1.0 ? timestamps : (long)(timestamps * _nanosecondsPerTimestamp);
}
