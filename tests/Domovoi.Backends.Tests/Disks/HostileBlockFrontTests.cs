// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using CsCheck;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Disks;

/// <summary>Requests of any bytes, over grants some of which are good, some gone: each is answered, and the disk stays inside its bounds.</summary>
public sealed class HostileBlockFrontTests
{
    private static readonly Gen<byte[]> AnyRequest = Gen.Byte.Array[BlockRequest.Size];

    /// <summary>Bytes with a likely operation, few segments and small numbers, so that most of the way is gone.</summary>
    private static readonly Gen<byte[]> LikelyRequest = Gen.Select(AnyRequest, Gen.Int[0, 7], Gen.Int[0, 12], Gen.Int[0, 5000], Gen.UInt.Array[11])
        .Select((bytes, operation, count, sector, grants) =>
        {
            bytes[0] = (byte)operation;
            bytes[1] = (byte)count;
            BitConverter.TryWriteBytes(bytes.AsSpan(16), (long)sector);
            for (int segment = 0; segment < 11; segment++)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(24 + (segment * 8)), 9 + (grants[segment] % 40));      // 8 is the ring itself
                bytes[28 + (segment * 8)] &= 7;
                bytes[29 + (segment * 8)] &= 7;
            }

            return bytes;
        });

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void AnyRequests_AreAnswered_AndHarmNothing(bool persistent, bool atOnce)
    {
        TestDisk disk = new(4096) { AnswersAtOnce = atOnce };
        using BlockFront front = new(disk, persistent);
        (GrantRef, Mfn)[] pages = [.. Enumerable.Range(0, 20).Select(_ => front.Page())];
        Gen.OneOf(AnyRequest, LikelyRequest).Array[1, 30].Sample(
            requests =>
            {
                List<BlockResponse> answers = front.Send([.. requests.Select(static bytes => MemoryMarshal.Read<BlockRequest>(bytes))]);
                Assert.Equal(requests.Length, answers.Count);
            },
            iter: 300,
            threads: 1);
        Assert.Equal(20, pages.Length);
        Assert.False(disk.IsDisposed);
    }
}
