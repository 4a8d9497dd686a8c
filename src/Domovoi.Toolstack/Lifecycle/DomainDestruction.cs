// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Registry;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Toolstack.Lifecycle;

/// <summary>Ends a domain at once, by asking its process or, if that does not answer, by killing it.</summary>
public sealed class DomainDestruction(DomainRegistry registry)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Returns when the process is gone. What is left of a dead domain, or of one that was only preserved, is removed.</summary>
    public void Destroy(DomainEntry entry)
    {
        if (!entry.IsAlive)
        {
            registry.Remove(entry);
            return;
        }

        bool asked = Ask(entry);
        if (DomainEnding.Wait(entry, asked ? Patience : TimeSpan.Zero) is null)
        {
            Kill(entry);
        }

        if (entry.Record.State is DomainState.Crashed or DomainState.Shutdown)
        {
            registry.Remove(entry);
        }
    }

    private static bool Ask(DomainEntry entry)
    {
        try
        {
            using ControlClient? client = ControlClient.TryConnect(entry.Folder);
            client?.Destroy();
            return client is not null;
        }
        catch (Exception e) when (e is ProblemException or IOException)
        {
            return true;
        }
    }

    private static void Kill(DomainEntry entry)
    {
        int processId = DomainRecord.TryRead(entry.Folder)?.ProcessId ?? 0;
        if (processId > 0 && DomainRegistry.IsAlive(entry.Folder))
        {
            try
            {
                using Process process = Process.GetProcessById(processId);
                process.Kill();
            }
            catch (ArgumentException)
            {
                // Gone between the check and the kill.
            }
        }

        if (DomainEnding.Wait(entry, Patience) is null)
        {
            throw new ProblemException("destroy-failed", $"domain '{entry.Record.Name}' (process {processId}) cannot be ended");
        }
    }
}
