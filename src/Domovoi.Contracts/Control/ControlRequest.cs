// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Domovoi.Contracts.Control;

/// <summary>A JSON-RPC 2.0 request.</summary>
public sealed record ControlRequest(
    [property: JsonPropertyName("jsonrpc")] string JsonRpc, int Id, string Method, JsonElement? Params = null);
