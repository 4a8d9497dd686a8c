// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Text.Json;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.DomainHost.Sockets;

namespace Domovoi.DomainHost.Control;

/// <summary><c>control.sock</c>: JSON-RPC 2.0, one message a line. A small thread per connection, which serves one call at a time.</summary>
internal sealed class ControlServer : IDisposable
{
    private const int LongestRequest = 64 * 1024;

    private readonly ControlMethods _methods;
    private readonly SocketListener _listener;

    internal ControlServer(string path, ControlMethods methods)
    {
        _methods = methods;
        _listener = new SocketListener(path, "control", Serve);
    }

    internal void Start() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    private void Serve(Socket socket)
    {
        using NetworkStream stream = new(socket, ownsSocket: true);
        byte[] buffer = new byte[LongestRequest];
        int length = 0;
        while (stream.Read(buffer, length, buffer.Length - length) is > 0 and var count)
        {
            length += count;
            int end;
            while ((end = buffer.AsSpan(0, length).IndexOf((byte)'\n')) >= 0)
            {
                Answer(stream, buffer.AsSpan(0, end));
                buffer.AsSpan(end + 1, length - end - 1).CopyTo(buffer);
                length -= end + 1;
            }

            if (length == buffer.Length)
            {
                return;                                     // no request is that long
            }
        }
    }

    private void Answer(NetworkStream stream, ReadOnlySpan<byte> line)
    {
        ControlRequest? request = null;
        ControlResponse response;
        try
        {
            request = JsonSerializer.Deserialize(line, ContractJson.Default.ControlRequest);
            response = Handle(request);
        }
        catch (JsonException e)
        {
            int code = request is null ? ControlError.ParseError : ControlError.InvalidParams;
            response = Failure(request?.Id, new ControlError(code, e.Message));
        }
        catch (ProblemException e)
        {
            response = Failure(request?.Id, new ControlError(ControlError.Refused, e.Message, e.Problem));
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(response, ContractJson.Default.ControlResponse);
        stream.Write([.. json, (byte)'\n']);
        if (response.Error is null)
        {
            _methods.AfterAnswer(request!.Method);
        }
    }

    private ControlResponse Handle(ControlRequest? request)
    {
        if (request?.Method is not { } method)
        {
            throw new JsonException("A request has a method.");
        }

        return _methods.Invoke(method, request.Params) is { } result
            ? new ControlResponse("2.0", request.Id, result)
            : Failure(request.Id, new ControlError(ControlError.MethodNotFound, $"There is no method \"{method}\"."));
    }

    private static ControlResponse Failure(int? id, ControlError error) => new("2.0", id, Error: error);
}
