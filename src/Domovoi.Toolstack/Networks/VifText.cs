// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Toolstack.Networks;

/// <summary>Writes a vif so that <see cref="VifParser"/> reads the same again.</summary>
public static class VifText
{
    public static string Of(VifConfiguration vif)
    {
        ArgumentNullException.ThrowIfNull(vif);
        IEnumerable<string?> words =
        [
            Word("mac", vif.Mac),
            Word("bridge", vif.Bridge),
            Word("vlan", vif.Vlans),
            Word("ip", vif.Addresses.Count > 0 ? string.Join(' ', vif.Addresses) : null),
            Word("rate", vif.Rate),
            Word("script", vif.Script),
            Word("vifname", vif.HostName),
            Word("devid", vif.Index?.ToString(CultureInfo.InvariantCulture)),
            Word("mtu", vif.Mtu > 0 ? vif.Mtu.ToString(CultureInfo.InvariantCulture) : null),
            Word("gatewaydev", vif.GatewayDevice),
            vif.HostLoopback ? "host-loopback=1" : null,
            vif.Trusted ? null : "untrusted",
            .. vif.Forwards.Select(static forward => Word("forward", forward)),
        ];
        return string.Join(',', words.OfType<string>());
    }

    private static string? Word(string key, string? value) => value is null ? null : $"{key}={value}";
}
