// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Time.Testing;

namespace Domovoi.Hypervisor.Timers;

public sealed class DomainClockTests
{
    private const double RealFrequency = 2_400_000_000;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);

    [Theory]
    [InlineData(0)]
    [InlineData(50e-6)]
    [InlineData(-50e-6)]
    public void Sample_WhateverTheFirstGuess_FollowsTheHostClock(double error)
    {
        DomainClock clock = Clock(RealFrequency * (1 + error));
        for (int second = 0; second < 60; second++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1003));
            clock.Sample();
        }

        _time.Advance(TimeSpan.FromMilliseconds(700));
        Assert.InRange(clock.Sample().At(Ticks()) - clock.Now, -20_000, 20_000);
    }

    [Fact]
    public void Sample_WhenItIsRenewed_NeverStepsBack()
    {
        DomainClock clock = Clock(RealFrequency * 0.9999);
        long last = 0;
        for (int step = 0; step < 1000; step++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(7));
            long now = clock.Sample().At(Ticks());
            Assert.InRange(now, last, long.MaxValue);
            last = now;
        }
    }

    [Fact]
    public void Now_CountsFromTheStart()
    {
        DomainClock clock = Clock(RealFrequency);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(3_000_000_000, clock.Now);
    }

    [Fact]
    public void Calibrate_WithoutAKnownFrequency_MeasuresIt()
    {
        DomainClock clock = new(new TimeSources(_time, Ticks, 0));
        _time.Advance(TimeSpan.FromMilliseconds(80));
        clock.Calibrate();
        Assert.InRange(clock.TimeStampFrequency, RealFrequency - 10, RealFrequency + 10);
    }

    private DomainClock Clock(double frequency)
    {
        DomainClock clock = new(new TimeSources(_time, Ticks, (ulong)frequency));
        clock.Calibrate();
        return clock;
    }

    private ulong Ticks() => (ulong)((_time.GetTimestamp() - DateTimeOffset.UnixEpoch.Ticks) * (RealFrequency / _time.TimestampFrequency));
}
