// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Registry;

/// <summary>The files of one domain. The toolstack makes the folder (mode 0700); the domain's process fills it.</summary>
/// <remarks>
/// <c>lock</c> is held (flock, exclusive) by the domain's process from before its launch report until it is gone, however it
/// goes: the domain lives exactly as long as the lock is held. <c>domain.json</c> is replaced atomically at each change of
/// state, so a reader never sees half of it; if the lock is free and it does not say "ended", the process was killed.
/// </remarks>
public sealed record DomainFolder(string Path)
{
    public string Lock => File("lock");

    /// <summary>A <see cref="DomainRecord"/>.</summary>
    public string Record => File("domain.json");

    /// <summary>The <see cref="Launch.DomainSpecification"/> the domain was made from; the toolstack writes it.</summary>
    public string Specification => File("specification.json");

    /// <summary>JSON-RPC 2.0, one message a line, see <see cref="Control.ControlMethod"/>.</summary>
    public string ControlSocket => File("control.sock");

    /// <summary>See <see cref="Consoles.ConsoleHandshake"/>.</summary>
    public string ConsoleSocket => File("console.sock");

    /// <summary>Everything the guest printed, byte for byte.</summary>
    public string ConsoleLog => File("console.log");

    /// <summary>What <c>dom dmesg</c> shows.</summary>
    public string HypervisorLog => File("hypervisor.log");

    /// <summary>Where a script that plugs a vif in finds xenstore, while it runs.</summary>
    public string ScriptSocket(int vif) => File($"script{vif.ToString(System.Globalization.CultureInfo.InvariantCulture)}.sock");

    private string File(string name) => System.IO.Path.Combine(Path, name);
}
