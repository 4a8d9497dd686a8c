// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Domovoi.Contracts;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Networks;
using Domovoi.DomainHost.Nics;
using Domovoi.DomainHost.Stores;
using Domovoi.Network;
using Domovoi.Xenstore;
using Domovoi.Xenstore.Store;

namespace Domovoi.DomainHost;

/// <summary>Scripts that plug vifs in: real ones, without the device.</summary>
public sealed class HotplugScriptsTests : IDisposable
{
    private const int Read = 2;                             // XS_READ
    private const int HeaderSize = 16;

    private readonly string _folder = Directory.CreateTempSubdirectory("domovoi-test").FullName;
    private readonly List<string> _log = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Script_HasXlsEnvironmentAndArguments_WhenTheVifComesAndGoes()
    {
        string said = Path.Combine(_folder, "said");
        using (PlugIn($"echo $* $vif $XENBUS_TYPE $XENBUS_PATH $XENBUS_BASE_PATH $netdev $script $(umask) >> {said}; test -S $XENSTORED_PATH"))
        {
        }

        string rest = $"type_if=vif colour=blue vif5.1 vif backend/vif/5/1 backend eth7 {Path.Combine(_folder, "script")} 0022";
        Assert.Equal([$"online {rest}", $"offline {rest}"], File.ReadAllLines(said));
        Assert.Empty(_log);
        Assert.False(File.Exists(Path.Combine(_folder, "script1.sock")));
    }

    [Fact]
    public void Script_ThatFails_IsQuoted()
    {
        NetworkException e = Assert.Throws<NetworkException>(() => PlugIn("echo no such bridge >&2; exit 3"));
        Assert.Matches(@"script online ended with exit code 3:\s+no such bridge$", e.Message);
        using (PlugIn("test $1 = online"))
        {
        }

        Assert.Matches("script offline ended with exit code 1$", Assert.Single(_log));
    }

    [Fact]
    public void Store_IsReachedThroughASocket_AsXensToolsDo()
    {
        XenstoreServer store = new();
        store.Write(NodePath.Parse("/local/domain/0/backend/vif/5/1/bridge"), "br7");
        string path = Path.Combine(_folder, "store.sock");
        using StoreSocket socket = new(path, store);
        using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(SocketAddress.Of(path));
        byte[] node = Encoding.ASCII.GetBytes("backend/vif/5/1/bridge\0");
        byte[] message = new byte[HeaderSize + node.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, Read);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(12), node.Length);
        node.CopyTo(message, HeaderSize);
        client.Send(message);
        byte[] answer = new byte[HeaderSize + 3];
        new NetworkStream(client).ReadExactly(answer);
        Assert.Equal("br7", Encoding.ASCII.GetString(answer, HeaderSize, 3));
    }

    private IDisposable PlugIn(string body)
    {
        string path = Path.Combine(_folder, "script");
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        DomainSpecification specification = new()
        {
            Id = 5, Name = "guest", Uuid = Guid.NewGuid(), Folder = _folder, Kernel = "/k", MemoryKiB = 4096,
        };
        NicSpecification nic = new()
        {
            Index = 1, Mac = "00:16:3e:00:00:01", Network = NetworkKind.Script, NetworkName = "br7", Script = path,
            ScriptArguments = ["colour=blue"], GatewayDevice = "eth7",
        };
        return new HotplugScripts(specification, _log.Add).PlugIn(nic, "vif5.1");
    }
}
