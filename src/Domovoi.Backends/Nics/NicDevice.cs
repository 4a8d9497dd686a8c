// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Backends.Xenbus;
using Domovoi.Network.Frames;
using Domovoi.Network.Limits;
using Domovoi.Network.Ports;

namespace Domovoi.Backends.Nics;

/// <summary>A PV network device, io/netif.h: one thread moves frames between a guest's rings and its port in a network.</summary>
/// <remarks>
/// A packet's way out: the guest's driver puts requests into its transmit ring and signals; the thread wakes, copies the pieces into a
/// frame, answers them, and gives the frame to the port. Back: the thread finds frames at the endpoint, copies them into pages the guest
/// has put into its receive ring, and signals. No vCPU ever waits here; a lone packet is sent by the vCPU itself (<see cref="NicLoop"/>). All queues of a vif are served by its one thread.
/// To save: nothing but what the rings hold; frames under way may be lost, as on any wire.
/// </remarks>
public sealed class NicDevice : IBackendDevice
{
    /// <summary>The kind in xenstore's paths.</summary>
    public const string Kind = "vif";

    private readonly NicSettings _settings;
    private readonly NicLoop _loop;

    /// <param name="settings">As the guest is to see it.</param>
    /// <param name="port">The plug; its endpoint is owned from now on.</param>
    /// <param name="time">For the rate, and to tell a ping from a stream.</param>
    public NicDevice(NicSettings settings, GuestPort port, TimeProvider time)
    {
        _settings = settings;
        Port = port;
        _loop = new NicLoop($"vif{settings.Index}", port, new TransmitCredit(settings.Rate, time), time);
    }

    public NicSettings Settings => _settings;

    public GuestPort Port { get; }

    public DeviceAddress Address => new(Kind, _settings.Index);

    public IReadOnlyList<KeyValuePair<string, string>> FrontNodes =>
    [
        new("handle", Number(_settings.Index)),
        new("mac", _settings.Station.ToString()),
        new("mtu", Number(_settings.Mtu)),
        new("trusted", _settings.Trusted ? "1" : "0"),
    ];

    public IReadOnlyList<KeyValuePair<string, string>> BackNodes =>
    [
        new("handle", Number(_settings.Index)),
        new("mac", _settings.Station.ToString()),
        new("mtu", Number(_settings.Mtu)),
        new("type", "vif"),
        .. RateNode(),
        .. _settings.Notes,
        new("feature-sg", "1"),
        new("feature-gso-tcpv4", "1"),
        new("feature-gso-tcpv6", "1"),
        new("feature-ipv6-csum-offload", "1"),
        new("feature-rx-copy", "1"),
        new("feature-rx-flip", "0"),
        new("feature-multicast-control", "1"),
        new("feature-dynamic-multicast-control", "1"),
        new("feature-split-event-channels", "1"),
        new("multi-queue-max-queues", Number(_settings.Queues)),
        new("hotplug-status", "connected"),
    ];

    public IDisposable Connect(FrontEnd front) => NicConnection.Open(front, _settings.Queues, _loop);

    public void Dispose() => _loop.Dispose();

    private IEnumerable<KeyValuePair<string, string>> RateNode() => _settings.Rate is { } rate
        ? [new("rate", string.Create(CultureInfo.InvariantCulture, $"{rate.BytesPerInterval},{(long)rate.Interval.TotalMicroseconds}"))]
        : [];

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
