// SPDX-License-Identifier: MIT
using System.Text;
using CsCheck;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Xenstore;

/// <summary>Whatever a guest sends: nothing throws, nothing outside its reach changes, and what it may hold is bounded.</summary>
public sealed class HostileInputTests
{
    private static readonly string[] Payloads =
    [
        "a\0", "a/b\0", "a\0b", "a\0b\0", "/\0", "T\0", "F\0", "@x\0t\0", "/local\0t\0", "a\0n5\0", "\0", "a/b\0r5\0w0\0",
        "/secret\0", "a\0" + "0\0",
    ];

    private static readonly Gen<byte[]> AnyMessage =
        from type in Gen.UInt[0, 27]
        from transaction in Gen.UInt[0, 3]
        from payload in Gen.OneOf(
            Gen.Byte.Array[0, 40],
            Gen.Int[0, Payloads.Length - 1].Select(static i => Encoding.Latin1.GetBytes(Payloads[i])))
        select MessageHeader.Message((MessageType)type, 1, transaction, payload);

    [Fact]
    public void AnyMessages_InAnyPieces_AreAnsweredAndTouchOnlyTheOwnHome() => AnyMessage.List[1, 60].Sample(
        messages =>
        {
            XenstoreServer server = TestStore.Create(new Quota { Nodes = 20 });
            StoreConnection guest = server.Connect(new DomainId(5), static () => { });
            byte[] answers = new byte[1 << 16];
            foreach (byte[] message in messages)
            {
                guest.Receive(message.AsSpan(0, 3));
                guest.Receive(message.AsSpan(3));
                int length = guest.Take(answers);
                Assert.True(length >= MessageHeader.Size);
                Assert.Equal(MessageHeader.Read(message).RequestId, MessageHeader.Read(answers).RequestId);
            }

            Assert.Equal("x", server.Read(NodePath.Parse("/secret")));
            Assert.Equal(["local", "secret"], server.Tree.Root.Children.Keys);
            Assert.InRange(server.Tree.OwnedBy(new DomainId(5)), 0, 20);
            Assert.Equal(Count(server.Tree.Root), server.Tree.OwnedBy(new DomainId(5)));
        },
        iter: 3000);

    [Fact]
    public void APayloadOverTheMaximum_BreaksTheConnection()
    {
        StoreConnection guest = TestStore.Create().Connect(new DomainId(5), static () => { });
        byte[] header = new byte[MessageHeader.Size];
        new MessageHeader(MessageType.Read, 1, 0, MessageHeader.MaximumPayload + 1).Write(header);
        guest.Receive(header);
        guest.Receive(new byte[10_000]);
        Assert.True(guest.IsBroken);
        Assert.False(guest.WantsInput);
    }

    [Fact]
    public void AClientThatFetchesNothing_StopsBeingWanted()
    {
        StoreConnection guest = TestStore.Create().Connect(new DomainId(5), static () => { });
        int sent = 0;
        while (guest.WantsInput)
        {
            guest.Receive(MessageHeader.Message(MessageType.Read, 1, 0, "a\0"u8));
            sent++;
        }

        Assert.Equal(20, sent);
    }

    private static int Count(Node node) =>
        node.Children.Values.Sum(Count) + (node.Permissions.Owner == new DomainId(5) ? 1 : 0);
}
