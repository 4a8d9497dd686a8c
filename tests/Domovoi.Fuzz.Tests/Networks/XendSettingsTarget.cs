// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Toolstack.Networks;

namespace Domovoi.Fuzz.Networks;

/// <summary><c>xend-config.sxp</c>: read, or refused at a place inside the file.</summary>
internal sealed class XendSettingsTarget : IFuzzTarget
{
    private static readonly string[] Files =
    [
        "# -*- sh -*-\n(logfile /var/log/xen/xend.log)\n(network-script 'network-bridge,netdev=eth1')\n(vif-script vif-bridge)\n",
        "(network-script 'network-bridge netdev=eth1 bridge=xenbr0 antispoof=yes vifnum=2')\n(vif-script 'vif-bridge bridge=xenbr7')\n(dom0-min-mem 196)",
        "(network-script network-dummy)\n(vif-script vif-nat)\n(xend-relocation-hosts-allow '^localhost$ ^localhost\\\\.localdomain$')\n((nested (lists) of \"words\"))",
        "(network-script network-bridge,netdev=eth1)", "(network-script network-bridge netdev=eth1)(vif-script vif-route)",
    ];

    private static readonly string[] Words =
    [
        "(", ")", "'", "\"", "\\", "#", "\n", " ", ",", "=", "network-script", "vif-script", "network-bridge", "vif-bridge", "netdev=", "antispoof=", "no", "\0",
        "((((((((((((((((", "))))))))", "vifnum=99999999999",
    ];

    public void Run(Random random)
    {
        string text = Mutation.Rewrite(random, random.OneOf<string>(Files), Words, most: 8);
        if (random.Chance(200))
        {
            text = new string('(', random.Next(200_000)) + text;    // as deep as a reader that calls itself can bear, and deeper
        }

        try
        {
            XendSettings settings = XendSettingsReader.Read(text, "f");
            Assert.All((string?[])[settings.Bridge, settings.Device], static name => Assert.DoesNotContain('/', name ?? ""));
        }
        catch (ProblemException e)
        {
            Assert.NotEmpty(e.Problem.Message);
            Assert.InRange(e.Problem.Where!.Line, 1, text.Count(static c => c == '\n') + 1);
        }
    }

    public void Dispose()
    {
    }
}
