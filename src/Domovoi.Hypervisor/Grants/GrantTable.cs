// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Grants;

/// <summary>The grant table of one domain.</summary>
public sealed class GrantTable
{
}
