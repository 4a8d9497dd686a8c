// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Timers;

public sealed class TimeScaleTests
{
    [Theory]
    [InlineData(1_000_000_000)]
    [InlineData(2_445_123_456)]
    [InlineData(3_579_545)]
    [InlineData(999_999_999)]
    public void Scale_OfAFrequency_TurnsOneSecondOfTicksIntoOneSecond(ulong frequency)
    {
        ulong nanoseconds = TimeScale.OfFrequency(frequency).ToNanoseconds(frequency);
        Assert.InRange(nanoseconds, 999_999_990UL, 1_000_000_000UL);
    }

    [Fact]
    public void Multiplier_HasItsTopBitSet() =>
        Assert.All([1e6, 1e9, 2e9, 2.4e9, 5e9], frequency => Assert.True(TimeScale.OfFrequency(frequency).Multiplier >> 31 == 1));
}
