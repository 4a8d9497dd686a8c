// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Grants;

/// <summary>What a grant handle stands for: a reference the guest mapped, and how.</summary>
internal readonly record struct TrackedGrant(GrantRef Reference, GrantMapFlags Flags, Mfn Frame);
