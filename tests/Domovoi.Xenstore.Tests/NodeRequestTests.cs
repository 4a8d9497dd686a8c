// SPDX-License-Identifier: MIT
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore;

public sealed class NodeRequestTests
{
    private readonly XenstoreServer _server = TestStore.Create();
    private readonly StoreClient _guest;

    public NodeRequestTests() => _guest = new StoreClient(_server, 5);

    [Fact]
    public void Write_OfARelativePath_LandsInTheDomainsHome()
    {
        Assert.Equal("OK|", _guest.Ask(MessageType.Write, "data/a|value"));
        Assert.Equal("value", _server.Read(TestStore.Home.Child("data").Child("a")));
        Assert.Equal("value", _guest.Ask(MessageType.Read, "/local/domain/5/data/a|"));
        Assert.Equal("data|", _guest.Ask(MessageType.Directory, "/local/domain/5|"));
    }

    [Theory]
    [InlineData("|")]
    [InlineData("a")]
    [InlineData("a//b|")]
    [InlineData("a/|")]
    [InlineData("a b|")]
    [InlineData("ä|")]
    [InlineData("a|b|")]
    public void Read_OfAMalformedPath_IsInvalid(string payload) =>
        Assert.Equal("EINVAL", _guest.Ask(MessageType.Read, payload));

    [Fact]
    public void Absence_IsAdmittedOnlyWhereTheParentMayBeRead()
    {
        Assert.Equal("ENOENT", _guest.Ask(MessageType.Read, "nothing|"));
        Assert.Equal("EACCES", _guest.Ask(MessageType.Read, "/secret/nothing|"));
        Assert.Equal("EACCES", _guest.Ask(MessageType.Read, "/secret|"));
        Assert.Equal("EACCES", _guest.Ask(MessageType.Write, "/tool/x|y"));
    }

    [Fact]
    public void Remove_OfNothingBesideAParent_Succeeds()
    {
        _guest.Ask(MessageType.MakeDirectory, "a/b/c|");
        Assert.Equal("OK|", _guest.Ask(MessageType.Remove, "a/x|"));
        Assert.Equal("ENOENT", _guest.Ask(MessageType.Remove, "y/x|"));
        Assert.Equal("OK|", _guest.Ask(MessageType.Remove, "a|"));
        Assert.Equal(1, _server.Tree.OwnedBy(_guest.Connection.Domain));
        Assert.Equal("EINVAL", new StoreClient(_server, 0).Ask(MessageType.Remove, "/|"));
    }

    [Fact]
    public void Permissions_OfOwnNode_ChangeButNotItsOwner()
    {
        _guest.Ask(MessageType.Write, "a|1");
        Assert.Equal("n5|", _guest.Ask(MessageType.GetPermissions, "a|"));
        Assert.Equal("OK|", _guest.Ask(MessageType.SetPermissions, "a|r5|w6|"));
        Assert.Equal("r5|w6|", _guest.Ask(MessageType.GetPermissions, "a|"));
        Assert.Equal("EPERM", _guest.Ask(MessageType.SetPermissions, "a|n0|"));
        Assert.Equal("EINVAL", _guest.Ask(MessageType.SetPermissions, "a|x5|"));
        Assert.Equal("1", new StoreClient(_server, 7).Ask(MessageType.Read, "/local/domain/5/a|"));
    }

    [Fact]
    public void DirectoryPart_OfALongList_ComesInWholeNames()
    {
        for (int i = 0; i < 600; i++)
        {
            _server.Write(TestStore.Home.Child($"{i:d4}-abcdef"), "");
        }

        Assert.Equal("E2BIG", _guest.Ask(MessageType.Directory, "/local/domain/5|"));
        List<string> names = [];
        string all = "";
        while (!all.EndsWith("||", StringComparison.Ordinal))
        {
            string part = _guest.Ask(MessageType.DirectoryPart, $"/local/domain/5|{all.Length}|");
            all += part[(part.IndexOf('|', StringComparison.Ordinal) + 1)..];
        }

        Assert.Equal(600, all.TrimEnd('|').Split('|').Length);
    }

    [Fact]
    public void Quota_OfNodesAndBytes_IsKept()
    {
        XenstoreServer server = TestStore.Create(new Quota { Nodes = 3, NodeSize = 10 });
        StoreClient guest = new(server, 5);
        Assert.Equal("OK|", guest.Ask(MessageType.Write, "a/b|123456"));
        Assert.Equal("ENOSPC", guest.Ask(MessageType.Write, "a/b|1234567"));
        Assert.Equal("ENOSPC", guest.Ask(MessageType.MakeDirectory, "c|"));
        Assert.Equal("OK|", guest.Ask(MessageType.Remove, "a/b|"));
        Assert.Equal("OK|", guest.Ask(MessageType.MakeDirectory, "c|"));
    }

    [Theory]
    [InlineData(MessageType.Introduce, "5|1|1|", "EACCES")]
    [InlineData(MessageType.Release, "5|", "EACCES")]
    [InlineData(MessageType.Control, "help|", "EACCES")]
    [InlineData(MessageType.GetDomainPath, "5|", "/local/domain/5|")]
    [InlineData(MessageType.IsDomainIntroduced, "5|", "T|")]
    [InlineData(MessageType.IsDomainIntroduced, "6|", "F|")]
    [InlineData(MessageType.GetFeature, "", "6|")]
    [InlineData((MessageType)20, "|", "ENOSYS")]
    [InlineData((MessageType)0xFFFF, "|", "ENOSYS")]
    public void DomainRequests_OfAGuest_OnlyAsk(MessageType type, string payload, string answer) =>
        Assert.Equal(answer, _guest.Ask(type, payload));
}
