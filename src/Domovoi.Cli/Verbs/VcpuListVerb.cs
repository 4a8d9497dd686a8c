// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using Domovoi.Cli.Listing;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Registry;
using Domovoi.Toolstack.Configuration;
using Domovoi.Toolstack.Host;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl vcpu-list</c>, to the column: programs parse it.</summary>
internal static class VcpuListVerb
{
    private const string Heading = "Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)";

    internal static Command Build(Session session)
    {
        Argument<string[]> domains = new("domain") { Description = "Names or ids of domains; without any, all.", Arity = ArgumentArity.ZeroOrMore };
        domains.CompletionSources.Add(_ => session.Registry.WorthListing().Select(static e => new System.CommandLine.Completions.CompletionItem(e.Record.Name)));
        Verb verb = new("vcpu-list", "List the vCPUs of domains and where they run.", "dom vcpu-list", "dom vcpu-list debian") { domains };
        verb.SetAction(parsed => List(session, parsed.GetValue(domains) ?? []));
        return verb;
    }

    private static int List(Session session, string[] domains)
    {
        HostProcessors host = HostProcessors.Read();
        session.Out.WriteLine(Heading);
        if (domains.Length == 0)
        {
            WriteHost(session, host);
            domains = [.. session.Registry.All().Where(static e => e.IsAlive).Select(static e => e.Record.Id.ToString(CultureInfo.InvariantCulture))];
        }

        int code = ExitCode.Success;
        foreach (string domain in domains)
        {
            try
            {
                Write(session, domain, host);
            }
            catch (ProblemException e)
            {
                session.Fail(e.Problem);                    // the others are still listed
                code = ExitCode.Failure;
            }
        }

        return code;
    }

    private static void Write(Session session, string domain, HostProcessors host)
    {
        if (domain is "0" or HostDomain.Name)
        {
            WriteHost(session, host);
            return;
        }

        using ControlClient client = session.Connect(domain);
        DomainStatus status = client.Status();
        foreach (VcpuStatus vcpu in status.Vcpus)
        {
            session.Out.WriteLine(Line(status.Record, vcpu, host));
        }
    }

    private static string Line(DomainRecord domain, VcpuStatus vcpu, HostProcessors host)
    {
        string state = !vcpu.IsOnline ? "--p" : vcpu.State switch
        {
            DomainState.Running => "r--",
            DomainState.Blocked => "-b-",
            _ => "---",
        };
        string processor = vcpu.IsOnline ? vcpu.Processor?.ToString(CultureInfo.InvariantCulture) ?? "-" : "-";
        string hard = vcpu.Affinity.Hard is { } may ? CpuList.Show(may, host) : "all";
        string soft = vcpu.Affinity.Soft is { } would ? CpuList.Show(would, host) : "all";
        return Line(domain.Name, domain.Id, vcpu.Id, processor, state, vcpu.CpuTimeNanoseconds / 1e9, $"{hard} / {soft}");
    }

    private static void WriteHost(Session session, HostProcessors host)
    {
        IReadOnlyDictionary<int, double> busy = HostDomain.SecondsByProcessor();
        foreach (int processor in host.Online)
        {
            string number = processor.ToString(CultureInfo.InvariantCulture);
            session.Out.WriteLine(Line(HostDomain.Name, 0, processor, number, "r--", busy.GetValueOrDefault(processor), "all / all"));
        }
    }

    private static string Line(string name, int id, int vcpu, string processor, string state, double seconds, string affinity) =>
        string.Create(CultureInfo.InvariantCulture, $"{name,-32} {id,5} {vcpu,5}{processor,5}   {state} {seconds,9:F1}  {affinity}");
}
