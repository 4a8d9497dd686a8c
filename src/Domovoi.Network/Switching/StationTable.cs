// SPDX-License-Identifier: MIT
using Domovoi.Network.Frames;
using Domovoi.Network.Vlans;

namespace Domovoi.Network.Switching;

/// <summary>Behind which port each station was last seen, per VLAN. Belongs to one thread.</summary>
/// <remarks>
/// Stations are forgotten after <see cref="Lifetime"/> without a frame. One port may have <see cref="MostPerPort"/>: a port that pretends
/// to be more only floods its own traffic; it neither grows memory nor pushes others' stations out.
/// </remarks>
public sealed class StationTable<TPort>(TimeProvider time)
    where TPort : class
{
    public const int MostPerPort = 1024;

    private readonly Dictionary<(VlanId Vlan, MacAddress Address), Entry> _stations = [];
    private readonly Dictionary<TPort, int> _perPort = [];
    private readonly List<(VlanId Vlan, MacAddress Address)> _old = [];

    /// <summary>As IEEE 802.1Q recommends.</summary>
    public TimeSpan Lifetime { get; } = TimeSpan.FromSeconds(300);

    public int Count => _stations.Count;

    /// <summary>Remembers where a frame came from. Group addresses are nobody's source.</summary>
    public void Learn(VlanId vlan, MacAddress source, TPort port)
    {
        if (!source.IsStation)
        {
            return;
        }

        long now = time.GetTimestamp();
        if (_stations.TryGetValue((vlan, source), out Entry entry))
        {
            if (entry.Port == port)
            {
                _stations[(vlan, source)] = entry with { Seen = now };
                return;
            }

            Forget((vlan, source), entry.Port);
        }

        int count = _perPort.GetValueOrDefault(port);
        if (count < MostPerPort)
        {
            _stations[(vlan, source)] = new Entry(port, now);
            _perPort[port] = count + 1;
        }
    }

    /// <summary>The port of a station that has been heard of lately.</summary>
    public TPort? Find(VlanId vlan, MacAddress destination)
    {
        if (destination.IsGroup || !_stations.TryGetValue((vlan, destination), out Entry entry))
        {
            return null;
        }

        if (time.GetElapsedTime(entry.Seen) <= Lifetime)
        {
            return entry.Port;
        }

        Forget((vlan, destination), entry.Port);
        return null;
    }

    /// <summary>Forgets everything behind a port that is gone.</summary>
    public void Remove(TPort port) => RemoveWhere((_, entry) => entry.Port == port);

    /// <summary>Forgets what is too old; to be called now and then.</summary>
    public void Age() => RemoveWhere((_, entry) => time.GetElapsedTime(entry.Seen) > Lifetime);

    private void RemoveWhere(Func<(VlanId Vlan, MacAddress Address), Entry, bool> isGone)
    {
        _old.Clear();
        _old.AddRange(_stations.Where(pair => isGone(pair.Key, pair.Value)).Select(static pair => pair.Key));
        foreach ((VlanId Vlan, MacAddress Address) key in _old)
        {
            Forget(key, _stations[key].Port);
        }
    }

    private void Forget((VlanId Vlan, MacAddress Address) key, TPort port)
    {
        _stations.Remove(key);
        int left = _perPort[port] - 1;
        if (left > 0)
        {
            _perPort[port] = left;
        }
        else
        {
            _perPort.Remove(port);
        }
    }

    private readonly record struct Entry(TPort Port, long Seen);
}
