// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Domovoi.Contracts.Devices;
using Domovoi.Contracts.Networks;
using Domovoi.Contracts.Registry;

namespace Domovoi.Contracts.Control;

/// <summary>Speaks to a domain's process. Blocking, one thread; a refusal comes as <see cref="ProblemException"/>.</summary>
public sealed class ControlClient : IDisposable
{
    private readonly Socket _socket;
    private readonly StreamReader _reader;
    private readonly NetworkStream _stream;
    private int _lastId;

    private ControlClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket);
        _reader = new StreamReader(_stream);
    }

    /// <summary>Connects to the domain in a folder; null when no process listens there.</summary>
    public static ControlClient? TryConnect(DomainFolder folder)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(SocketAddress.Of(folder.ControlSocket));
            return new ControlClient(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    public DomainStatus Status() =>
        Call(ControlMethod.Status, new Nothing(), ContractJson.Default.Nothing, ContractJson.Default.DomainStatus);

    public void Pause() => Call(ControlMethod.Pause);

    public void Unpause() => Call(ControlMethod.Unpause);

    public void Destroy() => Call(ControlMethod.Destroy);

    public ShutdownAnswer Shutdown(ShutdownRequest request) => Call(
        ControlMethod.Shutdown, request, ContractJson.Default.ShutdownRequest, ContractJson.Default.ShutdownAnswer);

    public void SysRq(char key) => Call(
        ControlMethod.SysRq, new SysRqRequest(key), ContractJson.Default.SysRqRequest, ContractJson.Default.Nothing);

    public string Dmesg() => Call(
        ControlMethod.Dmesg, new Nothing(), ContractJson.Default.Nothing, ContractJson.Default.TextAnswer).Text;

    public void ConsoleSize(WindowSize size) =>
        Call(ControlMethod.ConsoleSize, size, ContractJson.Default.WindowSize, ContractJson.Default.Nothing);

    public void DiskAttach(DiskSpecification disk) => Call(
        ControlMethod.DiskAttach, disk, ContractJson.Default.DiskSpecification, ContractJson.Default.Nothing);

    public void DiskDetach(DiskRemoval removal) => Call(
        ControlMethod.DiskDetach, removal, ContractJson.Default.DiskRemoval, ContractJson.Default.Nothing);

    public DiskList Disks() =>
        Call(ControlMethod.DiskList, new Nothing(), ContractJson.Default.Nothing, ContractJson.Default.DiskList);

    public void CdChange(DiskSpecification medium) => Call(
        ControlMethod.CdChange, medium, ContractJson.Default.DiskSpecification, ContractJson.Default.Nothing);

    public StoreNode StoreList(string path) => Call(
        ControlMethod.StoreList, new StorePath(path), ContractJson.Default.StorePath, ContractJson.Default.StoreNode);

    public string StoreRead(string path) => Call(
        ControlMethod.StoreRead, new StorePath(path), ContractJson.Default.StorePath, ContractJson.Default.TextAnswer).Text;

    public void StoreWrite(string path, string value) => Call(
        ControlMethod.StoreWrite, new StoreWrite(path, value), ContractJson.Default.StoreWrite, ContractJson.Default.Nothing);

    public void StoreRemove(string path) => Call(
        ControlMethod.StoreRemove, new StorePath(path), ContractJson.Default.StorePath, ContractJson.Default.Nothing);

    public void StoreSetPermissions(StorePermissions permissions) => Call(
        ControlMethod.StoreSetPermissions, permissions, ContractJson.Default.StorePermissions, ContractJson.Default.Nothing);

    public void VcpuPin(VcpuPinning pinning) =>
        Call(ControlMethod.VcpuPin, pinning, ContractJson.Default.VcpuPinning, ContractJson.Default.Nothing);

    public string PerfMap() => Call(
        ControlMethod.PerfMap, new Nothing(), ContractJson.Default.Nothing, ContractJson.Default.TextAnswer).Text;

    public void NetworkAttach(NicSpecification nic) =>
        Call(ControlMethod.NetworkAttach, nic, ContractJson.Default.NicSpecification, ContractJson.Default.Nothing);

    public void NetworkDetach(NicDetachment request) =>
        Call(ControlMethod.NetworkDetach, request, ContractJson.Default.NicDetachment, ContractJson.Default.Nothing);

    public NicList NetworkList() =>
        Call(ControlMethod.NetworkList, new Nothing(), ContractJson.Default.Nothing, ContractJson.Default.NicList);

    public void NetworkCapture(NicCapture request) =>
        Call(ControlMethod.NetworkCapture, request, ContractJson.Default.NicCapture, ContractJson.Default.Nothing);

    public void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
    }

    private void Call(string method) =>
        Call(method, new Nothing(), ContractJson.Default.Nothing, ContractJson.Default.Nothing);

    private TResult Call<TParams, TResult>(
        string method, TParams parameters, JsonTypeInfo<TParams> parameterType, JsonTypeInfo<TResult> resultType)
    {
        JsonElement body = JsonSerializer.SerializeToElement(parameters, parameterType);
        ControlRequest request = new("2.0", ++_lastId, method, body);
        byte[] line = JsonSerializer.SerializeToUtf8Bytes(request, ContractJson.Default.ControlRequest);
        _stream.Write([.. line, (byte)'\n']);
        string answer = _reader.ReadLine()
            ?? throw new ProblemException("domain-gone", "The domain ended before it answered.");
        ControlResponse? response = JsonSerializer.Deserialize(answer, ContractJson.Default.ControlResponse);
        if (response?.Error is { } error)
        {
            throw new ProblemException(error.Data ?? new Problem("control-error", error.Message));
        }

        return response?.Result is { } result && result.Deserialize(resultType) is { } value
            ? value
            : throw new ProblemException("control-error", $"The domain's answer to {method} has no result.");
    }
}
