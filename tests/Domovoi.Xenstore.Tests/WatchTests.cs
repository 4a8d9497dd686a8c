// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore;

public sealed class WatchTests
{
    private readonly XenstoreServer _server = TestStore.Create();
    private readonly StoreClient _guest;

    public WatchTests() => _guest = new StoreClient(_server, 5);

    [Fact]
    public void Watch_WhenSet_FiresOnceAfterTheAnswer()
    {
        Assert.Equal("OK|", _guest.Ask(MessageType.Watch, "control/shutdown|token|"));
        Assert.Equal(["control/shutdown token"], _guest.TakeEvents());
        Assert.Equal("EEXIST", _guest.Ask(MessageType.Watch, "control/shutdown|token|"));
    }

    [Fact]
    public void Event_OfARelativeWatch_IsRelative()
    {
        Watch("device|t|");
        Watch("/local/domain/5|u|");
        _server.Write(TestStore.Home.Child("device").Child("vif"), "1");
        Assert.Equal(["device/vif t", "/local/domain/5/device/vif u"], _guest.TakeEvents());
    }

    [Fact]
    public void Removal_OfAParent_ReportsTheWatchedPathItself()
    {
        _guest.Ask(MessageType.Write, "a/b/c|1");
        Watch("a/b/c|t|");
        Watch("a/b/d|never|");
        _server.Remove(TestStore.Home.Child("a"));
        Assert.Equal(["a/b/c t"], _guest.TakeEvents());
    }

    [Fact]
    public void Depth_LimitsWhatIsReported()
    {
        Watch("a|zero|0|");
        Watch("a|one|1|");
        _guest.Ask(MessageType.Write, "a/b/c|1");
        _guest.Ask(MessageType.Write, "a/b|1");
        _guest.Ask(MessageType.Write, "a|1");
        Assert.Equal(["a/b one", "a zero", "a one"], _guest.TakeEvents());
    }

    [Fact]
    public void Commit_FiresWhatTheTransactionChanged()
    {
        Watch("a|t|");
        uint id = _guest.Start();
        _guest.Ask(MessageType.Write, "a|1", id);
        Assert.Empty(_guest.TakeEvents());
        _guest.Ask(MessageType.TransactionEnd, "T|", id);
        Assert.Equal(["a t"], _guest.TakeEvents());
    }

    [Fact]
    public void Event_OfAnUnreadableNode_IsNotTold()
    {
        Watch("/secret|t|");
        _server.Write(NodePath.Parse("/secret"), "y");
        Assert.Empty(_guest.TakeEvents());
    }

    [Fact]
    public void Event_ThatStillWaits_IsNotQueuedTwice()
    {
        Watch("a|t|");
        _server.Write(TestStore.Home.Child("a"), "1");
        _server.Write(TestStore.Home.Child("a"), "2");
        Assert.Equal(["a t"], _guest.TakeEvents());
    }

    [Fact]
    public void SpecialEvent_GoesToThePrivileged()
    {
        StoreClient host = new(_server, 0);
        host.Ask(MessageType.Watch, "@introduceDomain|t|");
        Watch("@introduceDomain|t|");
        host.TakeEvents();
        _ = _server.Connect(new DomainId(9), () => { });
        Assert.Equal(["@introduceDomain t"], host.TakeEvents());
        Assert.Empty(_guest.TakeEvents());
    }

    [Fact]
    public void Unwatch_OfWhatIsNotWatched_FindsNothing()
    {
        Watch("a|t|");
        Assert.Equal("ENOENT", _guest.Ask(MessageType.Unwatch, "a|u|"));
        Assert.Equal("OK|", _guest.Ask(MessageType.Unwatch, "a|t|"));
        _server.Write(TestStore.Home.Child("a"), "1");
        Assert.Empty(_guest.TakeEvents());
    }

    [Fact]
    public void LocalWatch_IsCalledWithoutTheLock()
    {
        List<string> seen = [];
        _server.Watch(TestStore.Home, path => seen.Add($"{path}={_server.Read(path)}"));
        _guest.Ask(MessageType.Write, "a|1");
        Assert.Equal(["/local/domain/5/a=1"], seen);
    }

    private void Watch(string payload)
    {
        _guest.Ask(MessageType.Watch, payload);
        _guest.TakeEvents();
    }
}
