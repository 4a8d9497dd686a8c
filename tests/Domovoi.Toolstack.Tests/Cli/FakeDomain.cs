// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Cli;

/// <summary>A domain's process as the contracts describe it, without a machine in it.</summary>
internal sealed class FakeDomain : IDisposable
{
    private readonly DomainLock _lock;
    private readonly Socket _control = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket _console = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly TaskCompletionSource<string> _typed = new();
    private readonly byte[] _prints;
    private DomainRecord _record;

    internal FakeDomain(string runDirectory, int id, string name, string prints = "")
    {
        _prints = Encoding.UTF8.GetBytes(prints);
        Folder = new RunDirectory(runDirectory).Domain(id);
        Directory.CreateDirectory(Folder.Path);
        _record = new DomainRecord(id, name, Guid.Empty, 65536, 1, DomainState.Running, 0, DateTimeOffset.UnixEpoch);
        _lock = DomainLock.TryTake(Folder)!;
        _record.Write(Folder);
        Serve(_control, Folder.ControlSocket, Answer);
        Serve(_console, Folder.ConsoleSocket, Show);
    }

    internal DomainFolder Folder { get; }

    internal List<string> Calls { get; } = [];

    /// <summary>What the viewer sent until it fell silent.</summary>
    internal Task<string> Typed => _typed.Task;

    /// <summary>How the domain ends once its viewer is silent; null for a kill -9.</summary>
    internal DomainEnd? End { get; init; } = new(EndReason.PowerOff, null, DateTimeOffset.UnixEpoch);

    public void Dispose()
    {
        _control.Dispose();
        _console.Dispose();
        _lock.Dispose();
    }

    private static void Serve(Socket socket, string path, Action<Socket> talk)
    {
        socket.Bind(SocketAddress.Of(path));
        socket.Listen();
        Task.Run(async () =>
        {
            while (true)
            {
                Socket client = await socket.AcceptAsync();
                _ = Task.Run(() => talk(client));
            }
        });
    }

    private void Answer(Socket client)
    {
        using NetworkStream stream = new(client, ownsSocket: true);
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line)
        {
            ControlRequest request = JsonSerializer.Deserialize(line, ContractJson.Default.ControlRequest)!;
            lock (Calls)
            {
                Calls.Add(request.Method);
            }

            ControlResponse response = new("2.0", request.Id, Result(request.Method));
            stream.Write([.. JsonSerializer.SerializeToUtf8Bytes(response, ContractJson.Default.ControlResponse), (byte)'\n']);
        }
    }

    private JsonElement Result(string method) => method switch
    {
        ControlMethod.Status => JsonSerializer.SerializeToElement(
            new DomainStatus(_record, 1_500_000_000, [], 0, 65536, 0, new Dictionary<string, long>()), ContractJson.Default.DomainStatus),
        ControlMethod.Shutdown => JsonSerializer.SerializeToElement(new ShutdownAnswer(false), ContractJson.Default.ShutdownAnswer),
        ControlMethod.StoreRead => JsonSerializer.SerializeToElement(new TextAnswer("value"), ContractJson.Default.TextAnswer),
        _ => JsonSerializer.SerializeToElement(new Nothing(), ContractJson.Default.Nothing),
    };

    private void Show(Socket client)
    {
        using NetworkStream stream = new(client, ownsSocket: true);
        using StreamReader reader = new(stream);
        Assert.Equal("CONSOLE 1 65536 rw", reader.ReadLine());
        stream.Write(_prints);
        _typed.SetResult(reader.ReadToEnd());
        if (End is not null)
        {
            _record = _record with { State = DomainState.Ended, End = End };
            _record.Write(Folder);
        }

        _lock.Dispose();
    }
}
