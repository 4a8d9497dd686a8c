// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Registry;
using Domovoi.Toolstack.Networks;

namespace Domovoi.Fuzz.Networks;

/// <summary>Entries of <c>vif = [ ]</c>: each is refused with a <see cref="Problem"/>, or read, planned, and the same when written and read again.</summary>
internal sealed class VifLineTarget : IFuzzTarget
{
    private static readonly string[] Lines =
    [
        "", "mac=00:16:3e:01:02:03,bridge=xenbr0,script=vif-bridge", "bridge=switch:lab,vlan=10p/20/100-110", "ip=10.0.0.5 10.1.0.0/16 fd00::5,rate=10Mb/s@20ms",
        "type=ioemu,model=e1000,backend=Domain-0", "script=vif-route,ip=10.0.0.5,gatewaydev=eth0", "forward=2222:22,forward=udp:0.0.0.0:53:53,host-loopback=1",
        "bridge=ovs0.10:20:30,script=vif-openvswitch", "script=/bin/true,bridge=br0,gatewaydev=eth0", "script=vif-openvswitch,bridge=ovs0,vlan=10p/20",
        "bridge=uplink:lo,vifname=web0,devid=3,mtu=9000,untrusted", "rate=1GB/s@1s,trusted,netdev=eth1",
    ];

    private static readonly string[] Words =
    [
        ",", "=", ":", "/", "-", "@", "p", "u", " ", "\t", "\0", "\n", "mac=", "bridge=", "vlan=", "ip=", "rate=", "script=", "vifname=", "devid=", "mtu=", "forward=",
        "4095", "4096", "0", "65536", "18446744073709551616", "fd00::/0", "10.0.0.0/33", "tcp:", "udp:", "[::1]:", "switch:", "uplink:", "../", "vif-nat", "é",
    ];

    private readonly NicPlanner _planner = new("guest", new NetworkCatalog(new RunDirectory("/run/fuzz"), new XendSettings()));

    public void Run(Random random)
    {
        string line = Mutation.Rewrite(random, random.OneOf<string>(Lines), Words, most: 6);
        try
        {
            VifConfiguration vif = VifParser.Parse(line, new SourcePosition("a.cfg", 3, 9));
            string written = VifText.Of(vif);
            Assert.Equal(written, VifText.Of(VifParser.Parse(written)));
            Assert.Single(_planner.Plan([vif], []));
        }
        catch (ProblemException e)
        {
            Assert.NotEmpty(e.Problem.Message);
            Assert.NotNull(e.Problem.Where);
        }
    }

    public void Dispose()
    {
    }
}
