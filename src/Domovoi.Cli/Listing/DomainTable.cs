// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Cli.Listing;

/// <summary>The table of <c>xl list</c>, to the column: programs parse it.</summary>
internal static class DomainTable
{
    private const string Heading = "Name                                        ID   Mem VCPUs\tState\tTime(s)";

    internal static void Write(Session session, IReadOnlyList<ListedDomain> rows, bool verbose)
    {
        session.Out.WriteLine(verbose ? Heading + "   UUID                            Reason-Code\tSecurity Label" : Heading);
        foreach (ListedDomain row in rows)
        {
            session.Out.WriteLine(Line(row) + (verbose ? Details(row) : ""));
        }

        foreach (ListedDomain dead in rows.Where(r => !r.Alive))
        {
            session.Error.WriteLine(
                $"dom: {dead.Name} ({dead.Id}) is gone: {dead.Ending}; its logs are in {dead.Folder}; `dom destroy {dead.Id}` forgets it");
        }
    }

    private static string Line(ListedDomain row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{row.Name,-40} {row.Id,5} {row.MemoryMiB,5} {row.Vcpus,5}     {row.State}  {row.CpuSeconds,8:F1}");

    private static string Details(ListedDomain row) => $" {row.Uuid ?? Guid.Empty} {(row.End is { } end ? end.Reason.ToString() : "-"),8} {"-",16}";
}
