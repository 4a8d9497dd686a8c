// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Frames;

/// <summary>Whose a machine frame is.</summary>
public enum FrameOwner
{
    /// <summary>No one's: outside RAM, or given back by the guest.</summary>
    None,

    /// <summary>The domain's own RAM.</summary>
    Guest,

    /// <summary>The hypervisor's, mappable by the guest: shared_info, grant-table frames.</summary>
    Shared,

    /// <summary>The hypervisor's own: the guest can never name it.</summary>
    Hypervisor,
}
