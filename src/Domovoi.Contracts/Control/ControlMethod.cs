// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>The methods of <c>control.sock</c>: JSON-RPC 2.0, one message a line, several calls on one connection, answered in order.</summary>
public static class ControlMethod
{
    /// <summary>→ <see cref="DomainStatus"/></summary>
    public const string Status = "status";

    /// <summary>Counted, as in Xen: as many <see cref="Unpause"/> undo it.</summary>
    public const string Pause = "pause";

    public const string Unpause = "unpause";

    /// <summary><see cref="ShutdownRequest"/> → <see cref="ShutdownAnswer"/></summary>
    public const string Shutdown = "shutdown";

    /// <summary>Answered before the process ends; the lock tells when it has.</summary>
    public const string Destroy = "destroy";

    /// <summary><see cref="SysRqRequest"/></summary>
    public const string SysRq = "sysrq";

    /// <summary>→ <see cref="TextAnswer"/>: the hypervisor's log of this domain.</summary>
    public const string Dmesg = "dmesg";

    /// <summary><see cref="WindowSize"/></summary>
    public const string ConsoleSize = "console.size";

    /// <summary><see cref="Devices.DiskSpecification"/></summary>
    public const string DiskAttach = "block.attach";

    /// <summary><see cref="Devices.DiskRemoval"/></summary>
    public const string DiskDetach = "block.detach";

    /// <summary>→ <see cref="Devices.DiskList"/></summary>
    public const string DiskList = "block.list";

    /// <summary><see cref="Devices.DiskSpecification"/>: the drive by its number, and its new medium.</summary>
    public const string CdChange = "cd.change";

    /// <summary><see cref="StorePath"/> → <see cref="StoreNode"/>, with everything below.</summary>
    public const string StoreList = "xenstore.ls";

    /// <summary><see cref="StorePath"/> → <see cref="TextAnswer"/></summary>
    public const string StoreRead = "xenstore.read";

    /// <summary><see cref="StoreWrite"/></summary>
    public const string StoreWrite = "xenstore.write";

    /// <summary><see cref="StorePath"/></summary>
    public const string StoreRemove = "xenstore.rm";

    /// <summary><see cref="StorePermissions"/></summary>
    public const string StoreSetPermissions = "xenstore.chmod";

    /// <summary><see cref="VcpuPinning"/></summary>
    public const string VcpuPin = "vcpu.pin";

    /// <summary>→ <see cref="TextAnswer"/>: the path of perf's map, written now.</summary>
    public const string PerfMap = "debug.perf-map";

    /// <summary><see cref="Networks.NicSpecification"/></summary>
    public const string NetworkAttach = "network.attach";

    /// <summary><see cref="Networks.NicDetachment"/></summary>
    public const string NetworkDetach = "network.detach";

    /// <summary>→ <see cref="Networks.NicList"/></summary>
    public const string NetworkList = "network.list";

    /// <summary><see cref="Networks.NicCapture"/></summary>
    public const string NetworkCapture = "network.capture";
}
