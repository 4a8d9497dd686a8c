// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Domovoi.Cli;

/// <summary>xenstore's values are bytes; contracts carry each as one character.</summary>
internal static class StoreText
{
    /// <summary>As xenstore-ls shows them: control and non-ASCII bytes escaped.</summary>
    internal static string Escape(string value)
    {
        StringBuilder shown = new(value.Length);
        foreach (char c in value)
        {
            _ = c switch
            {
                '\n' => shown.Append("\\n"),
                '\t' => shown.Append("\\t"),
                '\r' => shown.Append("\\r"),
                '\\' => shown.Append("\\\\"),
                < ' ' or > '~' => shown.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture)),
                _ => shown.Append(c),
            };
        }

        return shown.ToString();
    }

    internal static string FromArgument(string argument) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(argument));
}
