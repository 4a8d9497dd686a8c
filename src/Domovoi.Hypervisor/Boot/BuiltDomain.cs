// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Domains;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

/// <summary>A domain that is ready to start, and where its first two back ends find their rings.</summary>
public sealed class BuiltDomain : IDisposable
{
    private readonly GuestMemory _memory;

    internal BuiltDomain(Domain domain, GuestMemory memory, PvBootState boot, EventPort consolePort, EventPort xenstorePort)
    {
        Domain = domain;
        _memory = memory;
        Boot = boot;
        ConsolePort = consolePort;
        XenstorePort = xenstorePort;
    }

    public Domain Domain { get; }

    public PvBootState Boot { get; }

    /// <summary>For <see cref="Events.EventChannelTable.BindBackend"/>.</summary>
    public EventPort ConsolePort { get; }

    /// <summary>For <see cref="Events.EventChannelTable.BindBackend"/>.</summary>
    public EventPort XenstorePort { get; }

    /// <summary><c>GNTTAB_RESERVED_CONSOLE</c>: grants the frame <see cref="PvBootState.Console"/>.</summary>
    public static GrantRef ConsoleGrant => new(0);

    /// <summary><c>GNTTAB_RESERVED_XENSTORE</c>: grants the frame <see cref="PvBootState.Xenstore"/>.</summary>
    public static GrantRef XenstoreGrant => new(1);

    /// <summary>Ends the domain, then gives its memory back. Back ends must have left.</summary>
    public void Dispose()
    {
        Domain.Dispose();
        _memory.Dispose();
    }
}
