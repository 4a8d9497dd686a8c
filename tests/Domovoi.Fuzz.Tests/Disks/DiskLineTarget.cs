// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;
using Domovoi.Toolstack.Configuration;
using Domovoi.Toolstack.Configuration.Disks;

namespace Domovoi.Fuzz.Disks;

/// <summary>Disk lines of configurations: each is read or refused with a <see cref="Problem"/> at a place of the line.</summary>
internal sealed class DiskLineTarget : IFuzzTarget
{
    private static readonly string[] Lines =
    [
        "phy:/dev/vg/root,xvda,w", "file:/srv/a.img,hda,w", "/srv/a.qcow2,qcow2,xvdb,rw", "tap:aio:/srv/a,sda1,r", "tap2:qcow2:/srv/a,xvdc,w!",
        "vdev=hdc, devtype=cdrom, access=ro, target=/srv/a b,c.iso", "format=vhd, vdev=xvdz, access=rw, discard, direct-io-safe, target=/a=b",
        "nbd://host:10809/export,raw,xvda,w", ",empty,hdc:cdrom,r", "/srv/a,raw,d10p3,w", "/srv/a,,xvda", "script=block-iscsi,vdev=xvda,target=iqn.x",
    ];

    private static readonly string[] Words =
    [
        ",", "=", ":", " ", "\t", "target=", "format=", "vdev=", "access=", "devtype=", "backend=", "backendtype=", "script=", "discard", "no-discard", "persistent-grants",
        "cdrom", "w!", "xvda", "xvdzzz", "hdc", "d1048575p1", "phy:", "file:", "tap:", "aio:", "nbd://", "\\", "\"", "'", "\0", "raw", "empty", "\n",
    ];

    public void Run(Random random)
    {
        string line = Mutation.Rewrite(random, random.OneOf<string>(Lines), Words, most: 6);
        try
        {
            DiskSpecification disk = DiskParser.Parse(new ConfigAtom(line, new SourcePosition("a.cfg", 3, 9)));
            Assert.NotNull(disk);
        }
        catch (ProblemException e)
        {
            Assert.NotEmpty(e.Problem.Message);
            Assert.InRange(e.Problem.Where?.Column ?? 9, 1, line.Length + 10);
        }
    }

    public void Dispose()
    {
    }
}
