// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Launch;
using Domovoi.Toolstack.Configuration;
using Domovoi.Toolstack.Host;

namespace Domovoi.Cli.Verbs;

/// <summary><c>xl vcpu-pin</c>: until the guest's next boot, when its configuration counts again.</summary>
internal static class VcpuPinVerb
{
    private const string Unchanged = "-";

    internal static Command Build(Session session)
    {
        Argument<string> domain = DomainArgument.Required(session);
        Argument<string> vcpu = new("vcpu") { Description = "A vCPU's number, or all." };
        Argument<string> hard = new("cpus") { Description = "Processors it may run on, such as 0-3,^2, all or node:0; - leaves them." };
        Argument<string?> soft = new("soft")
        {
            Description = "Processors it would rather run on: kept and shown only.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> force = new("--force", "-f") { Description = "Accepted for xl's sake; no guest pins by itself here." };
        Option<bool> ignoreMasks = new("--ignore-global-affinity-masks", "-i") { Description = "Accepted for xl's sake; there are none." };
        Verb verb = new(
            "vcpu-pin",
            "Set which processors of the host a vCPU runs on.",
            "dom vcpu-pin debian 0 1",
            "dom vcpu-pin debian all 0-3,^2")
        {
            domain, vcpu, hard, soft, force, ignoreMasks,
        };
        verb.SetAction(parsed =>
        {
            int? number = ReadVcpu(parsed.GetValue(vcpu)!, parsed.GetValue(force));
            VcpuAffinity affinity = ReadAffinity(session, parsed.GetValue(hard)!, parsed.GetValue(soft));
            using ControlClient client = session.Connect(parsed.GetValue(domain)!);
            client.VcpuPin(new VcpuPinning(number, affinity));
            return ExitCode.Success;
        });
        return verb;
    }

    private static int? ReadVcpu(string text, bool force)
    {
        if (text == "all")
        {
            return force ? throw new ProblemException("usage", "--force and \"all\" cannot be combined") : null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new ProblemException("bad-vcpu", $"a vCPU's number or \"all\" was expected, found \"{text}\"");
    }

    private static VcpuAffinity ReadAffinity(Session session, string hard, string? soft)
    {
        HostProcessors host = HostProcessors.Read();
        VcpuAffinity affinity = new(Read(hard, host), soft is null ? null : Read(soft, host));
        if (affinity is { Hard: null, Soft: null })
        {
            throw new ProblemException("usage", "nothing was asked for: both lists are left as they are");
        }

        if (affinity.Soft is not null)
        {
            session.Warn(new Problem("soft-affinity", AffinitySetting.SoftAffinity));
        }

        return affinity;
    }

    private static IReadOnlyList<int>? Read(string text, HostProcessors host)
    {
        if (text == Unchanged)
        {
            return null;
        }

        if (!CpuList.TryParse(text, host, out CpuList list, out string mistake))
        {
            throw new ProblemException("bad-cpu-list", mistake);
        }

        string has = $"this host has {CpuList.Show(host.Online)}";
        return list.Missing is { } missing ? throw new ProblemException("no-such-processor", $"this host has no {missing}", has)
            : list.Processors.Count == 0 ? throw new ProblemException("no-processor", $"\"{text}\" leaves no processor", has)
            : list.Processors;
    }
}
