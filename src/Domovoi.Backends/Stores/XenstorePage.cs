// SPDX-License-Identifier: MIT
using Domovoi.Backends.Rings;
using Domovoi.Memory;

namespace Domovoi.Backends.Stores;

/// <summary><c>struct xenstore_domain_interface</c>, io/xs_wire.h.</summary>
internal static class XenstorePage
{
    internal const int RingSize = 1024;

    /// <summary><c>XENSTORE_ERROR_RINGIDX</c></summary>
    internal const uint BadIndex = 2;

    /// <summary><c>XENSTORE_ERROR_PROTO</c></summary>
    internal const uint BadProtocol = 3;

    internal static RingPlace Requests(PhysicalAddress page) => new(page, RingSize, page + 2052, page + 2048);

    internal static RingPlace Answers(PhysicalAddress page) => new(page + 1024, RingSize, page + 2060, page + 2056);

    /// <summary><c>server_features</c></summary>
    internal static PhysicalAddress Features(PhysicalAddress page) => page + 2064;

    /// <summary><c>error</c></summary>
    internal static PhysicalAddress Error(PhysicalAddress page) => page + 2072;
}
