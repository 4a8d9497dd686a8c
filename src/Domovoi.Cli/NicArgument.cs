// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Contracts;
using Domovoi.Contracts.Networks;

namespace Domovoi.Cli;

/// <summary>How a person names one of a domain's vifs: by number, or by MAC address.</summary>
internal static class NicArgument
{
    internal static NicStatus Find(NicList list, string name) =>
        list.Nics.FirstOrDefault(nic =>
            nic.Specification.Index.ToString(CultureInfo.InvariantCulture) == name
            || string.Equals(nic.Specification.Mac, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ProblemException("vif-unknown", $"{name}: the domain has no such vif", "`dom network-list DOMAIN` shows its vifs");
}
