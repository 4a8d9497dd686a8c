// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>A JSON-RPC 2.0 error. Codes below -32000 are the standard's; <see cref="Refused"/> carries a <see cref="Problem"/>.</summary>
public sealed record ControlError(int Code, string Message, Problem? Data = null)
{
    public const int ParseError = -32700;
    public const int MethodNotFound = -32601;
    public const int InvalidParams = -32602;

    /// <summary>The domain cannot do it; the data say why.</summary>
    public const int Refused = 1;
}
