// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;

namespace Domovoi.Fuzz;

/// <summary>Changes that turn a valid input into one that is nearly valid, which gets further than bytes of chance.</summary>
internal static class Mutation
{
    /// <summary>Numbers at the edges of what fields hold.</summary>
    private static readonly ulong[] Edges =
    [
        0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF,
    ];

    extension(Random random)
    {
        internal bool Chance(int oneIn) => random.Next(oneIn) == 0;

        internal T OneOf<T>(ReadOnlySpan<T> values) => values[random.Next(values.Length)];

        internal ulong EdgeNumber() => unchecked(random.OneOf<ulong>(Edges) + (ulong)random.Next(-2, 3));

        internal byte[] Bytes(int count)
        {
            byte[] bytes = new byte[count];
            random.NextBytes(bytes);
            return bytes;
        }
    }

    /// <summary>Changes a few fields in place: bits, bytes, numbers at edges in both byte orders, pieces copied over others.</summary>
    /// <param name="random">Where the changes come from.</param>
    /// <param name="bytes">What is changed.</param>
    /// <param name="places">Offsets worth changing; all if there are none.</param>
    /// <param name="most">Changes at most.</param>
    internal static void Damage(Random random, Span<byte> bytes, ReadOnlySpan<int> places, int most)
    {
        for (int left = random.Next(1, most + 1); left > 0; left--)
        {
            int place = places.IsEmpty ? random.Next(bytes.Length) : random.OneOf(places);
            Span<byte> here = bytes[place..];
            switch (random.Next(6))
            {
                case 0:
                    here[0] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    here[0] = (byte)random.Next(256);
                    break;
                case 2 when here.Length >= 2:
                    BinaryPrimitives.WriteUInt16LittleEndian(here, (ushort)random.EdgeNumber());
                    break;
                case 3 when here.Length >= 4:
                    BinaryPrimitives.WriteUInt32LittleEndian(here, (uint)random.EdgeNumber());
                    break;
                case 4 when here.Length >= 8:
                    BinaryPrimitives.WriteUInt64BigEndian(here, random.EdgeNumber());
                    break;
                default:
                    int length = Math.Min(here.Length, random.Next(1, 64));
                    bytes.Slice(random.Next(bytes.Length - length + 1), length).ToArray().CopyTo(here);
                    break;
            }
        }
    }

    /// <summary>A text with pieces taken out, doubled, exchanged or replaced by words of its language.</summary>
    internal static string Rewrite(Random random, string text, ReadOnlySpan<string> words, int most)
    {
        StringBuilder rewritten = new(text);
        for (int left = random.Next(most + 1); left > 0; left--)
        {
            int place = random.Next(rewritten.Length + 1);
            int length = random.Next(Math.Min(rewritten.Length - place, 40) + 1);
            switch (random.Next(5))
            {
                case 0:
                    rewritten.Remove(place, length);
                    break;
                case 1:
                    rewritten.Insert(place, rewritten.ToString(place, length));
                    break;
                case 2:
                    rewritten.Insert(place, random.OneOf(words));
                    break;
                case 3:
                    rewritten.Insert(place, (char)(random.Chance(4) ? random.Next(0x10000) : random.Next(128)));
                    break;
                default:
                    rewritten.Remove(place, length).Insert(place, random.OneOf(words));
                    break;
            }
        }

        return rewritten.ToString();
    }
}
