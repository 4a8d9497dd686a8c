// SPDX-License-Identifier: MIT
using Domovoi.Network.Limits;
using Microsoft.Extensions.Time.Testing;

namespace Domovoi.Network;

public sealed class TransmitRateTests
{
    [Theory]
    [InlineData("10Mb/s", 62_500, 50_000)]
    [InlineData("250KB/s", 12_500, 50_000)]
    [InlineData("1MB/s@20ms", 20_000, 20_000)]
    [InlineData("10Mb/s@20ms", 25_000, 20_000)]
    [InlineData("8b/s@10s", 10, 10_000_000)]
    [InlineData("1GB/s@100us", 100_000, 100)]
    [InlineData("1KB/s@2", 2000, 2_000_000)]                // xl counts a bare number in seconds
    public void Rate_IsXls(string text, ulong bytes, long microseconds)
    {
        Assert.True(TransmitRate.TryParse(text, out TransmitRate rate));
        Assert.Equal(new TransmitRate(bytes, TimeSpan.FromMicroseconds(microseconds)), rate);
    }

    [Theory]
    [InlineData("10Mb")]
    [InlineData("Mb/s")]
    [InlineData("10Tb/s")]
    [InlineData("0MB/s")]
    [InlineData("1MB/s@")]
    [InlineData("1MB/s@1ms@1ms")]
    [InlineData("-1MB/s")]
    public void Rate_ThatIsWrong_IsRefused(string text) => Assert.False(TransmitRate.TryParse(text, out _));

    [Fact]
    public void Credit_OfEachInterval_IsSpentAndComesBack()
    {
        FakeTimeProvider time = new();
        TransmitCredit credit = new(new TransmitRate(1000, TimeSpan.FromMilliseconds(10)), time);
        credit.Spend(600);
        Assert.Equal(TimeSpan.Zero, credit.Wait);
        credit.Spend(600);
        Assert.Equal(TimeSpan.FromMilliseconds(10), credit.Wait);
        time.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(TimeSpan.Zero, credit.Wait);
    }

    [Fact]
    public void Credit_OverManyIntervals_KeepsToTheRate()
    {
        FakeTimeProvider time = new();
        TransmitCredit credit = new(new TransmitRate(1000, TimeSpan.FromMilliseconds(10)), time);
        long sent = 0;
        for (int ms = 0; ms < 10_000; ms++, time.Advance(TimeSpan.FromMilliseconds(1)))
        {
            while (credit.Wait == TimeSpan.Zero)
            {
                credit.Spend(1514);
                sent += 1514;
            }
        }

        Assert.InRange(sent, 999_000, 1_003_000);
    }

    [Fact]
    public void Credit_IsNotHoarded()
    {
        FakeTimeProvider time = new();
        TransmitCredit credit = new(new TransmitRate(1000, TimeSpan.FromMilliseconds(10)), time);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, credit.Wait);
        credit.Spend(1000);
        Assert.NotEqual(TimeSpan.Zero, credit.Wait);
    }
}
