// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Contracts.Launch;
using Domovoi.Contracts.Registry;

namespace Domovoi.DomainHost.Lifecycle;

/// <summary>Keeps <c>domain.json</c> true. Thread safe.</summary>
internal sealed class RecordKeeper
{
    private readonly DomainFolder _folder;
    private readonly Lock _gate = new();                    // guards the record and its file

    internal RecordKeeper(DomainFolder folder, DomainSpecification specification, TimeProvider time)
    {
        _folder = folder;
        Current = new DomainRecord(
            specification.Id,
            specification.Name,
            specification.Uuid,
            specification.MemoryKiB,
            specification.Vcpus,
            DomainState.Starting,
            Environment.ProcessId,
            DomainRecord.TryRead(folder)?.Created ?? time.GetUtcNow());
        Current.Write(folder);
    }

    internal DomainRecord Current { get; private set; }

    internal void Change(DomainState state, DomainEnd? end = null) => Write(Current with { State = state, End = end });

    /// <param name="keepLogs">Copies the logs aside under the number of the boot that ended.</param>
    internal void Reboot(bool keepLogs)
    {
        if (keepLogs)
        {
            KeepAside(_folder.ConsoleLog);
            KeepAside(_folder.HypervisorLog);
        }

        Write(Current with { State = DomainState.Starting, End = null, Boots = Current.Boots + 1 });
    }

    private void KeepAside(string log)
    {
        try
        {
            File.Copy(log, log + "." + Current.Boots.ToString(CultureInfo.InvariantCulture), overwrite: true);
        }
        catch (IOException)
        {
            // A full disk must not keep the domain from starting again.
        }
    }

    private void Write(DomainRecord record)
    {
        lock (_gate)
        {
            Current = record;
            try
            {
                record.Write(_folder);
            }
            catch (IOException)
            {
                // A full disk, or a folder that was removed under us, must not end the domain.
            }
        }
    }
}
