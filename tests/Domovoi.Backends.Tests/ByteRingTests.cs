// SPDX-License-Identifier: MIT
using CsCheck;
using Domovoi.Backends.Rings;
using Domovoi.Memory;

namespace Domovoi.Backends;

public sealed class ByteRingTests : IDisposable
{
    private readonly GuestMemory _memory = new(2);
    private readonly RingPlace _place = new(new PhysicalAddress(0), 64, new PhysicalAddress(0x400), new PhysicalAddress(0x404));
    private readonly GuestByteRing _guest;

    public ByteRingTests() => _guest = new GuestByteRing(_memory, _place);

    public void Dispose() => _memory.Dispose();

    [Theory]
    [InlineData(0u)]
    [InlineData(uint.MaxValue - 10)]                        // indices wrap
    public void Read_OfWhatTheGuestPut_ReturnsItInOrder(uint start)
    {
        (_guest.Producer, _guest.Consumer) = (start, start);
        ByteRingReader reader = new(_memory, _place);
        byte[] buffer = new byte[50];
        for (byte round = 0; round < 10; round++)
        {
            byte[] sent = [round, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
            Assert.Equal(sent.Length, _guest.Put(sent));
            Assert.Equal(sent.Length, reader.Read(buffer));
            Assert.Equal(sent, buffer[..sent.Length]);
            Assert.Equal(_guest.Producer, _guest.Consumer);
        }
    }

    [Fact]
    public void Write_BeyondTheRoom_WritesWhatFits()
    {
        ByteRingWriter writer = new(_memory, _place);
        Assert.Equal(64, writer.Write(new byte[100]));
        Assert.Equal(0, writer.Write(new byte[1]));
        Assert.Equal(64, _guest.TakeAll().Length);
        Assert.Equal(64, writer.Free);
    }

    [Fact]
    public void Indices_OfAnyValue_MoveAtMostARing() => Gen.Select(Gen.UInt, Gen.UInt, Gen.UInt, Gen.UInt).Sample((a, b, c, d) =>
    {
        (_guest.Producer, _guest.Consumer) = (a, b);
        ByteRingReader reader = new(_memory, _place);
        ByteRingWriter writer = new(_memory, _place);
        (_guest.Producer, _guest.Consumer) = (c, d);
        Assert.InRange(reader.Read(new byte[100]), 0, 64);
        Assert.InRange(writer.Free, 0, 64);
        Assert.InRange(writer.Write(new byte[100]), 0, 64);
    });

    [Fact]
    public void Read_OfABrokenRing_GivesNothingUntilResynchronised()
    {
        ByteRingReader reader = new(_memory, _place);
        _guest.Producer = 65;
        Assert.Equal(0, reader.Read(new byte[100]));
        Assert.True(reader.IsBroken);
        reader.Resynchronise();
        Assert.Equal(1, _guest.Put([7]));
        Assert.Equal(1, reader.Read(new byte[100]));
    }
}
