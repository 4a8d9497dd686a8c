// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Globalization;
using Domovoi.Network.Frames;

namespace Domovoi.Network.Vlans;

/// <summary>Which VLANs a port carries, and how: xl's <c>vlan=</c>. Access ports and trunks are two cases of it.</summary>
/// <remarks>
/// Behind the port, in the switch and on the wire, each frame carries its VLAN as an 802.1Q tag. Example: <c>vlan=10p/20</c>. An untagged frame of
/// the guest becomes one of VLAN 10; one tagged 20 stays as it is; one tagged 30 is dropped. Towards the guest VLAN 10 loses its
/// tag, 20 keeps it, all others are not for this port. Without <c>vlan=</c> a port carries everything untouched.
/// </remarks>
public sealed class VlanPolicy
{
    private const int MostSteps = 4094;
    private const ushort IdMask = 0xFFF;

    private readonly VlanSet _members = new();
    private readonly VlanSet _untagged = new();
    private readonly bool _carriesAll;

    private VlanPolicy(bool carriesAll) => _carriesAll = carriesAll;

    /// <summary>A port that carries every frame as it is.</summary>
    public static VlanPolicy Everything { get; } = new(carriesAll: true);

    /// <summary>Whether frames pass without being looked at.</summary>
    public bool CarriesEverything => _carriesAll;

    /// <summary>The VLAN of frames that come without a tag; <see cref="VlanId.None"/> when those are dropped.</summary>
    public VlanId PortVlan { get; private set; }

    public VlanSet Members => _members;

    /// <summary>Reads xl's list: items <c>10</c>, <c>100-110</c>, <c>100+10x4</c> between slashes, each with <c>u</c> for untagged; one has <c>p</c>.</summary>
    /// <param name="text">A single number needs no <c>p</c>.</param>
    /// <param name="policy">Set when true is returned.</param>
    /// <param name="complaint">What was expected, when false is returned.</param>
    public static bool TryParse(string text, out VlanPolicy policy, out string complaint)
    {
        ArgumentNullException.ThrowIfNull(text);
        policy = new VlanPolicy(carriesAll: false);
        string[] items = text.Split('/');
        foreach (string item in items)
        {
            if (!policy.TryAdd(item, isOnly: items.Length == 1, out complaint))
            {
                return false;
            }
        }

        complaint = policy.PortVlan == VlanId.None ? "one VLAN is to be marked with p as the one of untagged frames, such as 10p/20" : "";
        return complaint.Length == 0;
    }

    /// <summary>Gives a frame of the guest its tag.</summary>
    /// <returns>false when the port does not carry its VLAN.</returns>
    public bool TryEnter(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_carriesAll)
        {
            return true;
        }

        VlanId vlan = VlanOf(frame.Bytes, out ushort tag);
        if (vlan == VlanId.None)
        {
            if (PortVlan == VlanId.None)
            {
                return false;
            }

            if (HasTag(frame.Bytes))
            {
                frame.RemoveTag();                          // a priority without a VLAN: kept in the new tag
            }

            frame.InsertTag((ushort)((tag & ~IdMask) | PortVlan.Value));
            return true;
        }

        return _members.Contains(vlan);
    }

    /// <summary>Takes the tag off where the guest is not to see it.</summary>
    /// <returns>false when the frame is not for this port.</returns>
    public bool TryLeave(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_carriesAll)
        {
            return true;
        }

        VlanId vlan = VlanOf(frame.Bytes, out _);
        if (vlan == VlanId.None || !_members.Contains(vlan))
        {
            return false;
        }

        if (_untagged.Contains(vlan))
        {
            frame.RemoveTag();
        }

        return true;
    }

    /// <summary>The VLAN a frame is tagged with.</summary>
    internal static VlanId VlanOf(ReadOnlySpan<byte> frame, out ushort tag)
    {
        tag = HasTag(frame) ? BinaryPrimitives.ReadUInt16BigEndian(frame[14..]) : (ushort)0;
        return new VlanId((ushort)(tag & IdMask));
    }

    private static bool HasTag(ReadOnlySpan<byte> frame) =>
        frame.Length >= Frame.EthernetHeader + Frame.VlanTag && BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) == EtherType.Vlan;

    private bool TryAdd(string item, bool isOnly, out string complaint)
    {
        bool isPortVlan = item.EndsWith('p') || (isOnly && item.All(char.IsAsciiDigit));
        bool isUntagged = isPortVlan || item.EndsWith('u');
        string numbers = item.TrimEnd('p', 'u');
        complaint = "";
        if (item.Length - numbers.Length > 1 || !TryReadSteps(numbers, out int first, out int step, out int count))
        {
            complaint = $"\"{item}\" is no VLAN from 1 to {VlanId.Largest}, range such as 100-110, or row such as 100+10x4";
            return false;
        }

        if (isPortVlan && (count != 1 || PortVlan != VlanId.None))
        {
            complaint = $"\"{item}\": only one VLAN can be the one of untagged frames (p)";
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            VlanId vlan = new((ushort)(first + (i * step)));
            _members.Add(vlan);
            PortVlan = isPortVlan ? vlan : PortVlan;
            if (isUntagged)
            {
                _untagged.Add(vlan);
            }
        }

        return true;
    }

    /// <summary>Reads <c>FIRST</c>, <c>FIRST-LAST</c> or <c>FIRST+STEPxMORE</c>.</summary>
    private static bool TryReadSteps(string text, out int first, out int step, out int count)
    {
        step = 1;
        count = 1;
        int sign = text.IndexOfAny(['-', '+']);
        if (sign < 0)
        {
            return TryReadNumber(text, out first) && IsVlan(first);
        }

        string rest = text[(sign + 1)..];
        if (!TryReadNumber(text[..sign], out first) || !IsVlan(first))
        {
            return false;
        }

        if (text[sign] == '-')
        {
            bool isRange = TryReadNumber(rest, out int last) && IsVlan(last) && last >= first;
            count = last - first + 1;
            return isRange;
        }

        int times = rest.IndexOf('x', StringComparison.Ordinal);
        if (times < 0 || !TryReadNumber(rest[..times], out step) || !TryReadNumber(rest[(times + 1)..], out int more)
            || step is < 1 or > MostSteps || more > MostSteps)
        {
            return false;
        }

        count = more + 1;
        return IsVlan(first + (step * more));
    }

    private static bool TryReadNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool IsVlan(int number) => number is >= 1 and <= VlanId.Largest;
}
