// SPDX-License-Identifier: MIT
using CsCheck;
using Domovoi.Network.Frames;
using Domovoi.Network.Vlans;

namespace Domovoi.Network;

public sealed class VlanPolicyTests
{
    [Theory]
    [InlineData("10", 10, "10")]
    [InlineData("10p", 10, "10")]
    [InlineData("10p/20/100-110", 10, "10 20 100 101 102 103 104 105 106 107 108 109 110")]
    [InlineData("1p/10+10x9", 1, "1 10 20 30 40 50 60 70 80 90 100")]
    [InlineData("5u/6p/7", 6, "5 6 7")]
    [InlineData("4094", 4094, "4094")]
    public void List_IsXls(string text, int portVlan, string members)
    {
        Assert.True(VlanPolicy.TryParse(text, out VlanPolicy policy, out string complaint), complaint);
        Assert.Equal(portVlan, policy.PortVlan.Value);
        Assert.Equal(members, string.Join(' ', policy.Members.All.Select(v => v.Value)));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("4095")]
    [InlineData("")]
    [InlineData("10/20")]                                   // which of them is for untagged frames?
    [InlineData("10p/20p")]
    [InlineData("10-20p")]
    [InlineData("20-10/1p")]
    [InlineData("1p/4000+100x9")]
    [InlineData("10pu")]
    [InlineData("ten")]
    [InlineData("-5")]
    public void List_ThatIsWrong_SaysWhatWasExpected(string text)
    {
        Assert.False(VlanPolicy.TryParse(text, out _, out string complaint));
        Assert.NotEmpty(complaint);
    }

    [Fact]
    public void AnyList_IsSurvived() => Gen.Char["0123456789pu/-+x"].Array[0, 20]
        .Sample(text => VlanPolicy.TryParse(new string(text), out _, out string complaint) || complaint.Length > 0);

    [Fact]
    public void AccessPort_TagsWhatEntersAndUntagsWhatLeaves()
    {
        VlanPolicy policy = Policy("10");
        Frame frame = TestFrame.Plain();
        byte[] sent = frame.Bytes.ToArray();
        Assert.True(policy.TryEnter(frame));
        Assert.Equal(TestFrame.Tagged(10).Bytes.ToArray(), frame.Bytes.ToArray());
        Assert.True(policy.TryLeave(frame));
        Assert.Equal(sent, frame.Bytes.ToArray());
    }

    [Fact]
    public void Trunk_CarriesItsVlansTaggedAndNoOthers()
    {
        VlanPolicy policy = Policy("10p/20");
        Assert.True(policy.TryEnter(TestFrame.Tagged(20)));
        Assert.False(policy.TryEnter(TestFrame.Tagged(30)));
        Frame frame = TestFrame.Tagged(20);
        Assert.True(policy.TryLeave(frame));
        Assert.Equal(TestFrame.Tagged(20).Bytes.ToArray(), frame.Bytes.ToArray());
        Assert.False(policy.TryLeave(TestFrame.Tagged(30)));
        Assert.False(policy.TryLeave(TestFrame.Plain()));
    }

    [Fact]
    public void PriorityTag_KeepsItsPriorityInThePortsVlan()
    {
        Frame frame = TestFrame.Tagged(0xA000);
        Assert.True(Policy("10").TryEnter(frame));
        Assert.Equal(TestFrame.Tagged(0xA00A).Bytes.ToArray(), frame.Bytes.ToArray());
    }

    [Fact]
    public void Tag_MovesTheChecksumWithIt()
    {
        Frame frame = TestFrame.Plain();
        frame.Offload = new FrameOffload(SegmentKind.None, 0, ChecksumState.Partial, 34, 16);
        VlanPolicy policy = Policy("10");
        policy.TryEnter(frame);
        Assert.Equal(38, frame.Offload.ChecksumStart);
        policy.TryLeave(frame);
        Assert.Equal(34, frame.Offload.ChecksumStart);
    }

    [Fact]
    public void PortWithoutVlans_CarriesEverythingAsItIs()
    {
        Frame frame = TestFrame.Tagged(77);
        Assert.True(VlanPolicy.Everything.TryEnter(frame) && VlanPolicy.Everything.TryLeave(frame));
        Assert.Equal(TestFrame.Tagged(77).Bytes.ToArray(), frame.Bytes.ToArray());
    }

    private static VlanPolicy Policy(string text) =>
        VlanPolicy.TryParse(text, out VlanPolicy policy, out string complaint) ? policy : throw new FormatException(complaint);
}
