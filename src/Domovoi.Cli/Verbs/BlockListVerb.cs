// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Devices;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl block-list</c>, to the column: programs parse it.</summary>
internal static class BlockListVerb
{
    private const string Heading = "Vdev  BE  handle state evt-ch ring-ref BE-path                       ";

    internal static Command Build(Session session)
    {
        Argument<string[]> domains = new("domain") { Description = "Names or ids of domains.", Arity = ArgumentArity.OneOrMore };
        Option<bool> longer = new("--long", "-l") { Description = "Show names, sizes and targets instead." };
        Verb verb = new("block-list", "List the disks of domains.", "dom block-list debian", "dom block-list -l debian") { domains, longer };
        verb.SetAction(parsed => List(session, parsed.GetValue(domains)!, parsed.GetValue(longer)));
        return verb;
    }

    private static int List(Session session, string[] domains, bool longer)
    {
        session.Out.WriteLine(longer ? $"{"Name",-8} {"MiB",8} {"Mode",-5} {"Format",-6} Target" : Heading);
        int code = ExitCode.Success;
        foreach (string domain in domains)
        {
            try
            {
                using ControlClient client = session.Connect(domain);
                foreach (DiskStatus disk in client.Disks().Disks)
                {
                    session.Out.WriteLine(longer ? Long(disk) : Short(disk));
                }
            }
            catch (ProblemException e)
            {
                session.Fail(e.Problem);                    // the others are still listed, as by xl
                code = ExitCode.Failure;
            }
        }

        return code;
    }

    private static string Short(DiskStatus disk) => string.Create(
        CultureInfo.InvariantCulture,
        $"{disk.Specification.VirtualDevice,-5} {0,-3} {HandleOf(disk),-6} {disk.State,-5} {disk.EventChannel,-6} {disk.RingReference,-8} {disk.BackendPath,-30}");

    private static string Long(DiskStatus disk)
    {
        DiskSpecification wanted = disk.Specification;
        string mode = (wanted.IsCdRom ? "cd" : wanted.ReadOnly ? "r" : "w") + (wanted.Shared ? "!" : "");
        string format = wanted.Format.ToString().ToLowerInvariant();
        return string.Create(CultureInfo.InvariantCulture, $"{wanted.Name,-8} {disk.Length >> 20,8} {mode,-5} {format,-6} {wanted.Target}");
    }

    /// <summary>The domain's id: what xl prints in this column.</summary>
    private static string HandleOf(DiskStatus disk) => disk.BackendPath.Split('/')[^2];
}
