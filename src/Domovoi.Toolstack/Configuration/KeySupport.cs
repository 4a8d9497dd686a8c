// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Configuration;

/// <summary>What Domovoi makes of a key of xl.cfg(5).</summary>
internal enum KeySupport
{
    Unknown,

    /// <summary>Read by <see cref="GuestConfigurationReader"/>.</summary>
    Supported,

    /// <summary>xl knows it, Domovoi does not yet.</summary>
    NotYet,

    /// <summary>Means nothing to a paravirtualized x86 guest, on Xen neither.</summary>
    NotForPv,
}
