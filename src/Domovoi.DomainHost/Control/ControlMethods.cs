// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.DomainHost.Devices;
using Domovoi.DomainHost.Lifecycle;
using Domovoi.DomainHost.Logs;
using Domovoi.DomainHost.Nics;

namespace Domovoi.DomainHost.Control;

/// <summary>The methods of the control socket: one line per method, arguments in and answers out as JSON.</summary>
internal sealed class ControlMethods(
    DomainLifecycle lifecycle, StoreMethods store, DiskMethods disks, NicMethods nics, HypervisorLog log)
{
    private static readonly ContractJson Json = ContractJson.Default;
    private static readonly JsonElement Done = JsonSerializer.SerializeToElement(new Nothing(), Json.Nothing);

    /// <summary>Null when there is no such method.</summary>
    /// <exception cref="JsonException">The parameters do not fit.</exception>
    /// <exception cref="ProblemException">The domain cannot do it.</exception>
    internal JsonElement? Invoke(string method, JsonElement? parameters) => method switch
    {
        ControlMethod.Status => Answer(lifecycle.Status(), Json.DomainStatus),
        ControlMethod.Pause => Do(lifecycle.Pause),
        ControlMethod.Unpause => Do(lifecycle.Unpause),
        ControlMethod.Destroy => Do(() => log.Write("Destruction was asked for.")),
        ControlMethod.Shutdown => Answer(Shutdown(Read(parameters, Json.ShutdownRequest)), Json.ShutdownAnswer),
        ControlMethod.SysRq => Do(() => lifecycle.SendSysRq(Read(parameters, Json.SysRqRequest).Key)),
        ControlMethod.Dmesg => Answer(new TextAnswer(log.ReadBack()), Json.TextAnswer),
        ControlMethod.ConsoleSize => Do(() => store.SetWindowSize(Read(parameters, Json.WindowSize))),
        ControlMethod.DiskAttach => Do(() => disks.Attach(Read(parameters, Json.DiskSpecification))),
        ControlMethod.DiskDetach => Do(() => disks.Detach(Read(parameters, Json.DiskRemoval))),
        ControlMethod.DiskList => Answer(disks.List(lifecycle.Store), Json.DiskList),
        ControlMethod.CdChange => Do(() => disks.ChangeCd(Read(parameters, Json.DiskSpecification))),
        ControlMethod.StoreList => Answer(store.List(Read(parameters, Json.StorePath)), Json.StoreNode),
        ControlMethod.StoreRead => Answer(store.Read(Read(parameters, Json.StorePath)), Json.TextAnswer),
        ControlMethod.StoreWrite => Do(() => store.Write(Read(parameters, Json.StoreWrite))),
        ControlMethod.StoreRemove => Do(() => store.Remove(Read(parameters, Json.StorePath))),
        ControlMethod.StoreSetPermissions => Do(() => store.SetPermissions(Read(parameters, Json.StorePermissions))),
        ControlMethod.VcpuPin => Do(() => lifecycle.Pin(Read(parameters, Json.VcpuPinning))),
        ControlMethod.PerfMap => Answer(new TextAnswer(lifecycle.WritePerfMap()), Json.TextAnswer),
        ControlMethod.NetworkAttach => Do(() => nics.Attach(Read(parameters, Json.NicSpecification))),
        ControlMethod.NetworkDetach => Do(() => nics.Detach(Read(parameters, Json.NicDetachment))),
        ControlMethod.NetworkList => Answer(nics.List(), Json.NicList),
        ControlMethod.NetworkCapture => Do(() => nics.Capture(Read(parameters, Json.NicCapture))),
        _ => null,
    };

    /// <summary>What a method does after its answer has been sent.</summary>
    internal void AfterAnswer(string method)
    {
        if (method == ControlMethod.Destroy)
        {
            lifecycle.Destroy();
        }
    }

    private ShutdownAnswer Shutdown(ShutdownRequest request)
    {
        if (request.Reason is not ("poweroff" or "reboot" or "halt" or "suspend"))
        {
            throw new ProblemException(
                "bad-shutdown-reason", $"\"{request.Reason}\" is not poweroff, reboot, halt or suspend.");
        }

        return new ShutdownAnswer(lifecycle.RequestShutdown(request));
    }

    private static JsonElement Do(Action action)
    {
        action();
        return Done;
    }

    private static JsonElement Answer<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToElement(value, type);

    private static T Read<T>(JsonElement? parameters, JsonTypeInfo<T> type)
        where T : class =>
        parameters?.Deserialize(type) ?? throw new JsonException("Parameters are missing.");
}
