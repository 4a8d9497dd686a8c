// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>XENVER_*</c>, version.h.</summary>
public enum XenVersionCommand : uint
{
    /// <summary><c>XENVER_version</c></summary>
    Version = 0,

    /// <summary><c>XENVER_extraversion</c>: <c>xen_extraversion_t</c>, 16 characters.</summary>
    ExtraVersion = 1,

    /// <summary><c>XENVER_compile_info</c>: <c>struct xen_compile_info</c>, 64 + 16 + 32 + 32 characters.</summary>
    CompileTimeDetails = 2,

    /// <summary><c>XENVER_capabilities</c>: <c>xen_capabilities_info_t</c>, 1024 characters.</summary>
    Capabilities = 3,

    /// <summary><c>XENVER_changeset</c>: <c>xen_changeset_info_t</c>, 64 characters.</summary>
    Changeset = 4,

    /// <summary><c>XENVER_platform_parameters</c>: one word, where the hypervisor's part of the address space starts.</summary>
    PlatformParameters = 5,

    /// <summary><c>XENVER_get_features</c></summary>
    GetFeatures = 6,

    /// <summary><c>XENVER_pagesize</c></summary>
    PageSize = 7,

    /// <summary><c>XENVER_guest_handle</c>: 16 bytes.</summary>
    GuestHandle = 8,

    /// <summary><c>XENVER_commandline</c>: 1024 characters.</summary>
    CommandLine = 9,

    /// <summary><c>XENVER_build_id</c></summary>
    BuildId = 10,
}

/// <summary><c>struct xen_feature_info</c></summary>
public struct XenFeatureSubmap
{
    /// <summary>In: which 32-bit word.</summary>
    public uint Index;

    /// <summary>Out.</summary>
    public uint Submap;
}

/// <summary><c>xen_domain_handle_t</c>: the domain's UUID.</summary>
[InlineArray(16)]
public struct XenDomainHandle
{
    private byte _element;
}
