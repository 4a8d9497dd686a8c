// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Toolstack.Configuration.Disks;

/// <summary>The names of virtual disks and the numbers guests know them by, xen-vbd-interface(7).</summary>
/// <remarks>
/// <code>
/// xvda xvdb3 xvdaa   202 &lt;&lt; 8 | disk &lt;&lt; 4 | partition     disks 0 to 15, partitions 0 to 15
///                    1 &lt;&lt; 28 | disk &lt;&lt; 8 | partition       beyond, up to disk 2^20 - 1 and partition 255
/// hda hdd1           3 or 22 &lt;&lt; 8 | disk odd &lt;&lt; 6 | part.  4 disks, partitions to 63
/// sda sdp15          8 &lt;&lt; 8 | disk &lt;&lt; 4 | partition       16 disks, partitions to 15
/// d0 d3p1            as xvd, disks counted in decimal
/// 51712 0xca00       the number itself
/// </code>
/// </remarks>
public static class VirtualDeviceName
{
    private const int XvdMajor = 202;
    private const int ScsiMajor = 8;
    private const int FirstIdeMajor = 3;
    private const int SecondIdeMajor = 22;
    private const int Extended = 1 << 28;
    private const int MostExtendedDisks = 1 << 20;

    /// <summary>What a message may suggest.</summary>
    public const string Expected = "xvda, xvdb, sda, hda or the like";

    /// <summary>The number of a name; null when it is none.</summary>
    public static int? NumberOf(string name)
    {
        if (ParseNumber(name) is { } number)
        {
            return number;
        }

        if (name is ['d', >= '0' and <= '9', ..])
        {
            string[] parts = name[1..].Split('p');
            return parts.Length <= 2 && Decimal(parts[0]) is { } disk && (parts.Length == 1 ? 0 : Decimal(parts[1])) is { } partition
                ? Xvd(disk, partition)
                : null;
        }

        string kind = name.StartsWith("xvd", StringComparison.Ordinal) ? "xvd"
            : name.StartsWith("hd", StringComparison.Ordinal) ? "hd"
            : name.StartsWith("sd", StringComparison.Ordinal) ? "sd"
            : "";
        return kind.Length > 0 && Split(name[kind.Length..]) is var (index, part) && index >= 0
            ? kind switch
            {
                "xvd" => Xvd(index, part),
                "hd" => index <= 3 && part <= 63
                    ? ((index < 2 ? FirstIdeMajor : SecondIdeMajor) << 8) | ((index & 1) << 6) | part
                    : null,
                _ => index <= 15 && part <= 15 ? (ScsiMajor << 8) | (index << 4) | part : null,
            }
            : null;
    }

    private static int? Xvd(int disk, int partition) =>
        disk <= 15 && partition <= 15 ? (XvdMajor << 8) | (disk << 4) | partition
        : disk < MostExtendedDisks && partition <= 255 ? Extended | (disk << 8) | partition
        : null;

    /// <summary>Letters count disks in base 26 (a, …, z, aa), digits the partition; index -1 when it is neither.</summary>
    private static (int Index, int Partition) Split(string rest)
    {
        int letters = 0;
        int index = 0;
        while (letters < rest.Length && rest[letters] is >= 'a' and <= 'z' && index <= MostExtendedDisks)
        {
            index = (index * 26) + (rest[letters++] - 'a' + 1);
        }

        int? partition = letters == rest.Length ? 0 : Decimal(rest[letters..]);
        return letters > 0 && partition is { } part ? (index - 1, part) : (-1, 0);
    }

    private static int? Decimal(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;

    private static int? ParseNumber(string text)
    {
        bool hexadecimal = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return int.TryParse(
            hexadecimal ? text.AsSpan(2) : text,
            hexadecimal ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture,
            out int value) && value > 0
            ? value
            : null;
    }
}
