// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Text;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Registry;
using Domovoi.Xenstore;
using Domovoi.Xenstore.Store;

namespace Domovoi.DomainHost;

public sealed class ControlSocketTests
{
    private static readonly NodePath ShutdownNode = NodePath.Parse("/local/domain/5/control/shutdown");

    [Fact]
    public void Status_TellsRecordAndMeasure()
    {
        using TestHost host = new();
        host.NextMachine();
        using ControlClient client = host.Connect();
        DomainStatus status = client.Status();
        Assert.Equal((5, "guest", DomainState.Running), (status.Record.Id, status.Record.Name, status.Record.State));
        Assert.Equal((3_000_000_000, 1), (status.CpuTimeNanoseconds, status.Counters["x"]));
    }

    [Fact]
    public void Shutdown_TheGuestTakes_IsAcknowledged()
    {
        using TestHost host = new();
        XenstoreServer store = host.NextMachine().Parts.Store;
        store.Watch(ShutdownNode, path => _ = store.Read(path) == "reboot" ? store.Write(path, "") : default);
        using ControlClient client = host.Connect();
        Assert.True(client.Shutdown(new ShutdownRequest("reboot")).Acknowledged);
    }

    [Fact]
    public void Shutdown_TheGuestIgnores_IsWithdrawn()
    {
        using TestHost host = new();
        XenstoreServer store = host.NextMachine().Parts.Store;
        using ControlClient client = host.Connect();
        Assert.False(client.Shutdown(new ShutdownRequest("poweroff", 50)).Acknowledged);
        Assert.Equal("", store.Read(ShutdownNode));
    }

    [Fact]
    public void Store_IsReadWrittenListedAndRemoved()
    {
        using TestHost host = new();
        host.NextMachine();
        using ControlClient client = host.Connect();
        client.StoreWrite("data/a", "1");
        client.StoreSetPermissions(new StorePermissions("data/a", ["r5"]));
        Assert.Equal("1", client.StoreRead("/local/domain/5/data/a"));
        StoreNode child = Assert.Single(client.StoreList("data").Children);
        Assert.Equal(("a", "1", "r5"), (child.Name, child.Value, child.Permissions[0]));
        client.StoreRemove("data/a");
        Assert.Equal("no-such-node", Assert.Throws<ProblemException>(() => client.StoreRead("data/a")).Problem.Code);
    }

    [Fact]
    public void Destroy_IsAnsweredBeforeTheEnd()
    {
        using TestHost host = new();
        host.NextMachine();
        using ControlClient client = host.Connect();
        client.Destroy();
        Assert.Equal(EndReason.Destroyed, host.WaitForEnd().Reason);
    }

    [Theory]
    [InlineData("{", ControlError.ParseError)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"fly\"}", ControlError.MethodNotFound)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sysrq\"}", ControlError.InvalidParams)]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\",\"params\":{\"reason\":\"x\"}}", ControlError.Refused)]
    public void Nonsense_IsAnsweredByAnError(string line, int code)
    {
        using TestHost host = new();
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(SocketAddress.Of(host.Folder.ControlSocket));
        socket.Send(Encoding.UTF8.GetBytes(line + "\n"));
        using StreamReader reader = new(new NetworkStream(socket));
        Assert.Contains($"\"code\":{code}", reader.ReadLine(), StringComparison.Ordinal);
    }
}
