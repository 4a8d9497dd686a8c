// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_console_io</c>: text for the hypervisor's own console; ours is the domain's log.</summary>
internal static class ConsoleIo
{
    private const int LongestChunk = 1024;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        switch ((ConsoleIoCommand)(uint)arguments.A0)
        {
            case ConsoleIoCommand.Write:
                return Write(caller, arguments.A2, (uint)arguments.A1);
            case ConsoleIoCommand.Read:
                return (long)XenError.NotPermitted;
            default:
                return (long)XenError.NotImplemented;
        }
    }

    /// <summary><c>CONSOLEIO_write</c></summary>
    private static long Write(Vcpu caller, ulong pointer, uint length)
    {
        Span<byte> buffer = stackalloc byte[LongestChunk];
        while (length != 0)
        {
            Span<byte> chunk = buffer[..(int)Math.Min(length, LongestChunk)];
            if (!caller.TryRead(pointer, chunk))
            {
                return (long)XenError.BadAddress;
            }

            caller.Domain.Log.WriteGuestText(Encoding.Latin1.GetString(chunk));
            pointer += (ulong)chunk.Length;
            length -= (uint)chunk.Length;
            if (length != 0 && Continuation.IsDue(caller))
            {
                return Continuation.With(caller, (uint)ConsoleIoCommand.Write, length, pointer);
            }
        }

        return 0;
    }
}
