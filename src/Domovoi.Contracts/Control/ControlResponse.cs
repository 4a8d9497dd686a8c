// SPDX-License-Identifier: MIT
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Domovoi.Contracts.Control;

/// <summary>A JSON-RPC 2.0 response: a result or an error.</summary>
public sealed record ControlResponse(
    [property: JsonPropertyName("jsonrpc")] string JsonRpc, int? Id, JsonElement? Result = null, ControlError? Error = null);
