// SPDX-License-Identifier: MIT
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore;

public sealed class TransactionTests
{
    private readonly XenstoreServer _server = TestStore.Create();
    private readonly StoreClient _guest;

    public TransactionTests() => _guest = new StoreClient(_server, 5);

    [Fact]
    public void Transaction_UntilCommitted_IsSeenByItsOwnerOnly()
    {
        uint id = _guest.Start();
        Assert.Equal("OK|", _guest.Ask(MessageType.Write, "a|1", id));
        Assert.Equal("1", _guest.Ask(MessageType.Read, "a|", id));
        Assert.Equal("ENOENT", _guest.Ask(MessageType.Read, "a|"));
        Assert.Equal("OK|", _guest.Ask(MessageType.TransactionEnd, "T|", id));
        Assert.Equal("1", _guest.Ask(MessageType.Read, "a|"));
        Assert.Equal("ENOENT", _guest.Ask(MessageType.TransactionEnd, "T|", id));
    }

    [Fact]
    public void Commit_AfterAConflictingWrite_SaysTryAgain()
    {
        uint id = _guest.Start();
        _guest.Ask(MessageType.Read, "a|", id);
        _guest.Ask(MessageType.Write, "b|1", id);
        _server.Write(TestStore.Home.Child("a"), "other");
        Assert.Equal("EAGAIN", _guest.Ask(MessageType.TransactionEnd, "T|", id));
        Assert.Equal("ENOENT", _guest.Ask(MessageType.Read, "b|"));
    }

    [Fact]
    public void Commit_AfterAnUnrelatedWrite_KeepsBoth()
    {
        uint id = _guest.Start();
        _guest.Ask(MessageType.Write, "b|1", id);
        _server.Write(TestStore.Home.Child("a"), "other");
        Assert.Equal("OK|", _guest.Ask(MessageType.TransactionEnd, "T|", id));
        Assert.Equal("other", _guest.Ask(MessageType.Read, "a|"));
        Assert.Equal("1", _guest.Ask(MessageType.Read, "b|"));
    }

    [Fact]
    public void Abort_LeavesNothing()
    {
        uint id = _guest.Start();
        _guest.Ask(MessageType.Write, "b|1", id);
        Assert.Equal("OK|", _guest.Ask(MessageType.TransactionEnd, "F|", id));
        Assert.Equal("ENOENT", _guest.Ask(MessageType.Read, "b|"));
    }

    [Fact]
    public void Start_BeyondTheQuotaOrInATransaction_IsRefused()
    {
        uint id = _guest.Start();
        Assert.Equal("EBUSY", _guest.Ask(MessageType.TransactionStart, "|", id));
        for (int i = 1; i < 10; i++)
        {
            _guest.Start();
        }

        Assert.Equal("ENOSPC", _guest.Ask(MessageType.TransactionStart, "|"));
        Assert.Equal("OK|", _guest.Ask(MessageType.ResetWatches, "|"));
        Assert.Equal("ENOENT", _guest.Ask(MessageType.TransactionEnd, "F|", id));
    }
}
