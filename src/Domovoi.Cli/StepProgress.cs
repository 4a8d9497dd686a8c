// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Cli;

/// <summary>One line per step, with the time it took once it is done.</summary>
internal sealed class StepProgress(TextWriter output) : IDisposable
{
    private long _start;
    private bool _open;

    internal void Begin(string step)
    {
        End();
        output.Write(step + " ...");
        _start = TimeProvider.System.GetTimestamp();
        _open = true;
    }

    public void Dispose() => End();

    private void End()
    {
        if (_open)
        {
            double seconds = TimeProvider.System.GetElapsedTime(_start).TotalSeconds;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $" {seconds:F1} s"));
            _open = false;
        }
    }
}
