// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Launch;
using Domovoi.Linux;

namespace Domovoi.DomainHost.Launch;

/// <summary>The other side of <see cref="DomainSpecification.EndsWithCaller"/>: a thread that waits on standard input.</summary>
internal static class CallerWatch
{
    private const int StackSize = 128 * 1024;

    /// <summary>To be called before standard input is released.</summary>
    /// <param name="onGone">Called when input ended without a word.</param>
    internal static void Start(Action onGone)
    {
        DescriptorStream input = new(ProcessIsolation.KeepStandardInput());
        new Thread(() => Wait(input, onGone), StackSize) { Name = "caller-watch", IsBackground = true }.Start();
    }

    private static void Wait(DescriptorStream input, Action onGone)
    {
        if (input.Read(new byte[1]) == 0)
        {
            onGone();
        }
    }
}
