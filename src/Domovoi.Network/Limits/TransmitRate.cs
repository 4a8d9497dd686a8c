// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Network.Limits;

/// <summary>xl's <c>rate=</c>: so many bytes may be transmitted in each interval.</summary>
/// <param name="BytesPerInterval">The credit that each interval brings.</param>
/// <param name="Interval">50 ms unless said otherwise.</param>
public readonly record struct TransmitRate(ulong BytesPerInterval, TimeSpan Interval)
{
    private const ulong DefaultMicroseconds = 50_000;

    /// <summary>Reads <c>NUMBER[GMK](B|b)/s[@NUMBER[m|u]s]</c>, such as <c>10Mb/s@20ms</c>, as xl does.</summary>
    public static bool TryParse(string text, out TransmitRate rate)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] halves = text.Split('@');
        rate = default;
        ulong microseconds = DefaultMicroseconds;
        if (halves.Length > 2 || !TryReadSpeed(halves[0], out ulong bytesPerSecond)
            || (halves.Length == 2 && !TryReadInterval(halves[1], out microseconds)))
        {
            return false;
        }

        UInt128 bytes = (UInt128)bytesPerSecond * microseconds / 1_000_000;
        rate = new TransmitRate((ulong)UInt128.Min(bytes, uint.MaxValue), TimeSpan.FromMicroseconds(microseconds));
        return bytes > 0;
    }

    private static bool TryReadSpeed(string text, out ulong bytesPerSecond)
    {
        bytesPerSecond = 0;
        if (!text.EndsWith("B/s", StringComparison.Ordinal) && !text.EndsWith("b/s", StringComparison.Ordinal))
        {
            return false;
        }

        bool isBits = text[^3] == 'b';
        string number = text[..^3];
        ulong factor = number.Length == 0 ? 0 : number[^1] switch { 'G' => 1_000_000_000UL, 'M' => 1_000_000, 'K' => 1000, _ => 1 };
        number = factor > 1 ? number[..^1] : number;
        if (!uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out uint value) || value == 0)
        {
            return false;
        }

        bytesPerSecond = value * factor / (isBits ? 8UL : 1);
        return true;
    }

    private static bool TryReadInterval(string text, out ulong microseconds)
    {
        string number = text.TrimEnd('s');
        ulong factor = 1_000_000;
        if (number is [.., 'm' or 'u'])
        {
            factor = number[^1] == 'm' ? 1000UL : 1;
            number = number[..^1];
        }

        bool isNumber = uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out uint value) && value > 0;
        microseconds = value * factor;
        return isNumber && text.Length - text.TrimEnd('s').Length <= 1 && microseconds <= uint.MaxValue;
    }
}
