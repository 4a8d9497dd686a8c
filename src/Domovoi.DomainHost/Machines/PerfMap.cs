// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.DomainHost.Machines;

/// <summary><c>/tmp/perf-PID.map</c>: from it perf names code that no file holds. Lines "address size name", in hexadecimal.</summary>
internal static class PerfMap
{
    private const string Folder = "/tmp";

    /// <summary>Replaces this process's map in one step, and whatever link somebody has laid there.</summary>
    /// <returns>Its path.</returns>
    internal static string Write(IEnumerable<string> texts)
    {
        string path = Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"perf-{Environment.ProcessId}.map"));
        string fresh = $"{path}.{Path.GetRandomFileName()}";
        using (StreamWriter file = new(new FileStream(fresh, FileMode.CreateNew, FileAccess.Write)))
        {
            foreach (string text in texts)
            {
                file.Write(text);
            }
        }

        File.Move(fresh, path, overwrite: true);
        return path;
    }

    internal static void TryWrite(IEnumerable<string> texts, Action<string> log)
    {
        try
        {
            log($"perf finds the names of translated code in {Write(texts)}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"perf's map was not written: {e.Message}");
        }
    }
}
