// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Bench;

/// <summary>What the programs print: <c>RESULT name value unit seconds</c>, <c>FAILED name …</c>, or <c>openssl speed -mr</c>'s own form.</summary>
internal static class ConsoleLine
{
    internal static void Read(string line, Piece into)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] fields = line.Split(':');
        if (words is ["RESULT", var name, var value, _, _])
        {
            into.Values[name] = Number(value);
        }
        else if (words is ["FAILED", ..])
        {
            into.Failures.Add(line["FAILED ".Length..]);
        }
        else if (fields is ["+F", _, var cipher, var bytesPerSecond])
        {
            into.Values[cipher.Contains("GCM", StringComparison.OrdinalIgnoreCase) ? "aes-128-gcm" : "sha-256"] = Number(bytesPerSecond) / 1e6;
        }
        else if (fields is ["+F2", _, "2048", var signatures, _])
        {
            into.Values["rsa-2048"] = Number(signatures);
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
