// SPDX-License-Identifier: MIT
using Domovoi.Network.Frames;
using Domovoi.Network.Switching;
using Domovoi.Network.Vlans;
using Microsoft.Extensions.Time.Testing;

namespace Domovoi.Network;

public sealed class StationTableTests
{
    private static readonly VlanId s_ten = new(10);

    private readonly FakeTimeProvider _time = new();
    private readonly StationTable<string> _table;

    public StationTableTests() => _table = new StationTable<string>(_time);

    [Fact]
    public void Station_IsFoundInItsVlanUntilItIsOld()
    {
        _table.Learn(s_ten, TestFrame.Guest, "a");
        Assert.Equal("a", _table.Find(s_ten, TestFrame.Guest));
        Assert.Null(_table.Find(VlanId.None, TestFrame.Guest));
        _time.Advance(TimeSpan.FromSeconds(301));
        Assert.Null(_table.Find(s_ten, TestFrame.Guest));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void Station_ThatMoves_IsFoundAtItsNewPort()
    {
        _table.Learn(s_ten, TestFrame.Guest, "a");
        _table.Learn(s_ten, TestFrame.Guest, "b");
        Assert.Equal("b", _table.Find(s_ten, TestFrame.Guest));
        _table.Remove("a");
        Assert.Equal("b", _table.Find(s_ten, TestFrame.Guest));
        _table.Remove("b");
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void Port_ThatPretendsToBeMany_DoesNotPushOthersOut()
    {
        _table.Learn(s_ten, TestFrame.Guest, "honest");
        for (ulong i = 0; i < 100_000; i++)
        {
            _table.Learn(s_ten, new MacAddress(0x0200_0000_0000 + i), "flood");
        }

        Assert.Equal(StationTable<string>.MostPerPort + 1, _table.Count);
        Assert.Equal("honest", _table.Find(s_ten, TestFrame.Guest));
    }

    [Fact]
    public void GroupAddresses_AreNobody()
    {
        _table.Learn(s_ten, MacAddress.Broadcast, "a");
        Assert.Null(_table.Find(s_ten, MacAddress.Broadcast));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void Age_ForgetsWhatIsOld()
    {
        _table.Learn(s_ten, TestFrame.Guest, "a");
        _time.Advance(TimeSpan.FromSeconds(200));
        _table.Learn(s_ten, TestFrame.Other, "a");
        _time.Advance(TimeSpan.FromSeconds(200));
        _table.Age();
        Assert.Equal(1, _table.Count);
    }
}
