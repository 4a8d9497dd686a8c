// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Backends.Stores;
using Domovoi.Memory;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;
using Domovoi.Xenstore.Store;
using Domovoi.Xenstore.Wire;

namespace Domovoi.Backends;

public sealed class XenstoreRingTests : IDisposable
{
    private readonly GuestMemory _memory = new(1);
    private readonly XenstoreServer _server = new();
    private readonly XenstoreRing _ring;
    private readonly GuestByteRing _requests;
    private readonly GuestByteRing _answers;

    public XenstoreRingTests()
    {
        _server.Write(NodePath.Parse("/local/domain/3"), "home", NodePermissions.Of(new Permission(new DomainId(3), AccessRights.None)));
        _requests = new GuestByteRing(_memory, XenstorePage.Requests(default));
        _answers = new GuestByteRing(_memory, XenstorePage.Answers(default));
        _ring = new XenstoreRing(_memory, default, _server, new DomainId(3));
    }

    public void Dispose()
    {
        _ring.Dispose();
        _memory.Dispose();
    }

    [Fact]
    public void Request_LongerThanTheRing_IsAnsweredInPieces()
    {
        byte[] value = new byte[1900];
        byte[] write = MessageHeader.Message(MessageType.Write, 1, 0, [.. "a\0"u8, .. value]);
        byte[] read = MessageHeader.Message(MessageType.Read, 2, 0, "a\0"u8);
        byte[] answers = Exchange([.. write, .. read], (2 * MessageHeader.Size) + 3 + value.Length);
        Assert.Equal("OK\0", Encoding.ASCII.GetString(answers, MessageHeader.Size, 3));
        Assert.Equal(value, answers[^value.Length..]);
    }

    [Fact]
    public void BrokenIndices_AreToldInThePage()
    {
        _requests.Producer = 5000;
        _ring.Work();
        Assert.Equal(2u, _memory.Shared<uint>(XenstorePage.Error(default)));
        _requests.Producer = _requests.Consumer;
        _requests.Put(MessageHeader.Message(MessageType.Read, 1, 0, "a\0"u8));
        _ring.Work();
        Assert.Empty(_answers.TakeAll());
    }

    [Fact]
    public void APayloadThatIsTooLong_IsToldInThePage()
    {
        byte[] header = new byte[MessageHeader.Size];
        new MessageHeader(MessageType.Read, 1, 0, uint.MaxValue).Write(header);
        _requests.Put(header);
        _ring.Work();
        Assert.Equal(3u, _memory.Shared<uint>(XenstorePage.Error(default)));
    }

    private byte[] Exchange(byte[] requests, int expected)
    {
        int sent = 0;
        List<byte> answers = [];
        for (int round = 0; round < 100 && answers.Count < expected; round++)
        {
            sent += _requests.Put(requests.AsSpan(sent));
            _ring.Work();
            answers.AddRange(_answers.TakeAll());
        }

        return [.. answers];
    }
}
