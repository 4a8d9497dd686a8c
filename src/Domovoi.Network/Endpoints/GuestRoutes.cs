// SPDX-License-Identifier: MIT
using System.Net;
using System.Net.Sockets;
using Domovoi.Linux;

namespace Domovoi.Network.Endpoints;

/// <summary>What Xen's <c>vif-route</c> does: routes to a guest's addresses, and proxy ARP towards it. All go with the device.</summary>
internal static class GuestRoutes
{
    private const int Boot = 3;                             // RTPROT_BOOT, as of the ip command
    private const int OnLink = 253;                         // RT_SCOPE_LINK
    private const int Exists = 17;                          // EEXIST

    /// <exception cref="NetworkException">The host has such a route, or does not answer ARP for others.</exception>
    internal static void Add(RouteSocket routes, NetworkLink link, string? gateway, IReadOnlyList<IPNetwork> addresses)
    {
        AnswerForOthers(link.Name);
        IPAddress? source = gateway is null ? null : SourceOf(routes, gateway);
        foreach (IPNetwork network in addresses)
        {
            bool isIpv6 = network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
            try
            {
                routes.AddRoute(new NetworkRoute(
                    link.Index, network.BaseAddress, network.PrefixLength, null, isIpv6 ? null : source, 0, Boot, isIpv6 ? 0 : OnLink) { IsIpv6 = isIpv6 });
            }
            catch (LinuxException e) when (e.Errno == Exists)
            {
                throw new NetworkException(
                    "route-taken", $"The host has a route to {network} already.", "`ip route` shows it; give the guest another address by ip=.");
            }
        }
    }

    private static IPAddress SourceOf(RouteSocket routes, string gateway)
    {
        int index = routes.FindLink(gateway)?.Index ?? 0;
        return routes.Addresses().FirstOrDefault(a => a.Link == index && a.Address.AddressFamily == AddressFamily.InterNetwork)?.Address
            ?? throw new NetworkException("gateway-address", $"gatewaydev={gateway} has no IPv4 address to speak from.", "Give it one, or leave gatewaydev= out.");
    }

    /// <summary>The guest asks by ARP for whatever it thinks is on its wire; the host answers, and routes.</summary>
    private static void AnswerForOthers(string device)
    {
        try
        {
            File.WriteAllText($"/proc/sys/net/ipv4/conf/{device}/proxy_arp", "1");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NetworkException(
                "proxy-arp", $"proxy_arp of {device} cannot be set: {e.Message}", "vif-route needs root and a /proc/sys that can be written; bridge=nat needs neither.");
        }
    }
}
