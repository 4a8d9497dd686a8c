// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using CsCheck;

namespace Domovoi.Storage.Nbd;

public sealed class NbdDiskTests
{
    private static readonly DiskOptions Options = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Read_IsFilled_WhateverTheOrderOfAnswers(bool structured)
    {
        using FakeServer server = new(s =>
        {
            s.Greet(structured);
            (NbdCommand command, ulong cookie, ulong offset, uint length) = s.HearRequest();
            Assert.Equal((NbdCommand.Read, 4096UL, 8192U), (command, offset, length));
            if (!structured)
            {
                s.Answer(cookie);
                s.SayBytes([.. Enumerable.Repeat((byte)7, 8192)]);
            }
            else
            {
                s.Chunk(cookie, 0, NbdProtocol.ChunkData, [0, 0, 0, 0, 0, 0, 0x20, 0, .. Enumerable.Repeat((byte)7, 4096)]);
                s.Chunk(cookie, 1, NbdProtocol.ChunkHole, [0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0x10, 0]);
            }

            s.HearRequest();
        });
        using NbdDisk disk = Open(server);
        using Pinned data = new(8192, fill: 9);
        Assert.Equal(0, disk.Read(4096, data.Vectors(4)));
        Assert.Equal((structured ? 0 : 7, 7), (data.Bytes[0], data.Bytes[8191]));
    }

    [Fact]
    public void Read_WhoseChunksLeaveAGap_IsAnError()
    {
        using FakeServer server = new(s =>
        {
            s.Greet(structured: true);
            ulong cookie = s.HearRequest().Cookie;
            s.Chunk(cookie, 0, NbdProtocol.ChunkHole, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0]);
            s.Chunk(cookie, 1, NbdProtocol.ChunkHole, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0]);
            s.HearRequest();
        });
        using NbdDisk disk = Open(server);
        using Pinned data = new(8192);
        Assert.Equal(71, disk.Read(0, data.Vectors()));
    }

    [Fact]
    public async Task Connection_ThatEndsAmidstAReadsData_HasTheReadSentAgain()
    {
        int connections = 0;
        using FakeServer server = new(s =>
        {
            s.Greet(structured: false);
            s.Answer(s.HearRequest().Cookie);
            s.SayBytes(new byte[connections++ == 0 ? 100 : 4096]);
            if (connections > 1)
            {
                s.HearRequest();
            }
        });
        using NbdDisk disk = Open(server);
        using Pinned data = new(4096);
        Assert.Equal(0, await Task.Run(() => disk.Read(0, data.Vectors())).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Server_ThatSaysNothing_IsGivenUp()
    {
        using FakeServer server = new(static s => s.Hear(1));
        SocketException e = Assert.Throws<SocketException>(
            () => new NbdConnection(server.Address.Connect(), "disk", TimeSpan.FromMilliseconds(100)));
        Assert.Equal(SocketError.TimedOut, e.SocketErrorCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Error_OfTheServer_IsTheErrorOfTheRequest(bool structured)
    {
        using FakeServer server = new(s =>
        {
            s.Greet(structured);
            ulong cookie = s.HearRequest().Cookie;
            if (structured)
            {
                s.Chunk(cookie, 1, NbdProtocol.ChunkErrorBit | 1, [0, 0, 0, 28, 0, 0]);
            }
            else
            {
                s.Answer(cookie, error: 28);
            }

            s.HearRequest();
        });
        using NbdDisk disk = Open(server);
        using Pinned data = new(512);
        Assert.Equal(28, disk.Read(0, data.Vectors()));
    }

    [Fact]
    public void BrokenConnection_IsMadeAnew_AndTheRequestIsSentAgain()
    {
        using FakeServer server = new(s =>
        {
            s.Greet(structured: false);
            ulong cookie = s.HearRequest().Cookie;
            if (s.Connections == 2)
            {
                s.Hear(512);
                s.Answer(cookie);
                s.HearRequest();
            }
        });
        using NbdDisk disk = Open(server);
        using Pinned data = new(512);
        Assert.Equal(0, disk.Write(0, data.Vectors()));
        Assert.Equal(2, server.Connections);
    }

    [Fact]
    public void FlushAfterAServerWentWithUnflushedData_IsAnErrorOnce()
    {
        using FakeServer server = new(s =>
        {
            s.Greet(structured: false);
            while (s.Connections > 1)
            {
                s.Answer(s.HearRequest().Cookie);
            }

            ulong cookie = s.HearRequest().Cookie;
            s.Hear(512);
            s.Answer(cookie);
        });
        using NbdDisk disk = Open(server);
        using Pinned data = new(512);
        Assert.Equal(0, disk.Write(0, data.Vectors()));
        Assert.Equal(5, disk.Flush());
        Assert.Equal(0, disk.Flush());
    }

    [Fact]
    public void ServerThatIsGone_IsAnErrorWhenThePatienceIsUsedUp()
    {
        FakeServer server = new(s => s.Greet(structured: false));
        using NbdDisk disk = NbdDisk.Open(server.Address, Options, TimeSpan.FromMilliseconds(100));
        server.Dispose();
        using Pinned data = new(512);
        Assert.Equal(5, disk.Read(0, data.Vectors()));
    }

    [Fact]
    public void ReadOnlyExport_IsNotOpenedForWriting()
    {
        using FakeServer server = new(s =>
        {
            s.Greet(structured: false, flags: 3);
            s.HearRequest();
        });
        Assert.Equal("nbd-read-only", Assert.Throws<DiskException>(() => Open(server)).Code);
    }

    [Fact]
    public void NobodyThere_IsOneMessage() => Assert.Equal(
        "nbd-unreachable",
        Assert.Throws<DiskException>(() => NbdDisk.Open(new NbdAddress("127.0.0.1", 1, null, ""), Options, TimeSpan.Zero)).Code);

    /// <summary>Whatever a server says, opening and reading end, and nothing outside of the request's memory is written.</summary>
    [Fact]
    public void AnyBytes_EndInAnError() => Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[0, 3]).Sample(
        (bytes, kind) =>
        {
            using FakeServer server = new(s =>
            {
                if (kind > 0)
                {
                    s.Greet(structured: kind == 2);
                    ulong cookie = s.HearRequest().Cookie;
                    if (kind == 3)
                    {
                        s.Answer(cookie, error: 1);
                    }
                }

                s.SayBytes(bytes);
            });
            using Pinned data = new(4096 * 3, fill: 0xEE);
            try
            {
                using NbdDisk disk = NbdDisk.Open(server.Address, Options, TimeSpan.Zero);
                disk.Read(0, [data.Vectors(3)[1]]);
            }
            catch (DiskException)
            {
                // A server of this kind is refused.
            }

            Assert.True(data.Bytes[..4096].IndexOfAnyExcept((byte)0xEE) < 0);
            Assert.True(data.Bytes[8192..].IndexOfAnyExcept((byte)0xEE) < 0);
        },
        iter: 60,
        threads: 1);

    private static NbdDisk Open(FakeServer server) => NbdDisk.Open(server.Address, Options, TimeSpan.FromSeconds(20));
}
