// SPDX-License-Identifier: MIT
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;

namespace Domovoi.Toolstack.Configuration.Disks;

public sealed class DiskParserTests
{
    [Theory]
    [InlineData("/dev/vg/guest-volume,,hda")]
    [InlineData("/dev/vg/guest-volume,raw,hda,rw")]
    [InlineData("format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume")]
    [InlineData("raw:/dev/vg/guest-volume,hda,w")]
    [InlineData("phy:/dev/vg/guest-volume,hda,w")]
    [InlineData("tap:aio:/dev/vg/guest-volume,hda,w")]
    [InlineData("file:/dev/vg/guest-volume,hda")]
    [InlineData("vdev=hda,backendtype=phy,/dev/vg/guest-volume")]
    public void EquivalentLines_MeanTheSame(string line) => Assert.Equal(
        new DiskSpecification { Name = "hda", VirtualDevice = 0x300, Target = "/dev/vg/guest-volume" }, Parse(line));

    [Theory]
    [InlineData("/root/image.iso,,hdc,cdrom")]
    [InlineData("/root/image.iso,,hdc,,cdrom")]
    [InlineData("/root/image.iso,raw,hdc,devtype=cdrom")]
    [InlineData("format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/root/image.iso")]
    [InlineData("raw:/root/image.iso,hdc:cdrom,ro")]
    public void CdRoms_MeanTheSame(string line) => Assert.Equal(
        new DiskSpecification { Name = "hdc", VirtualDevice = 0x1600, Target = "/root/image.iso", IsCdRom = true, ReadOnly = true }, Parse(line));

    [Theory]
    [InlineData(",hdc:cdrom,r")]
    [InlineData("vdev=hdc,cdrom")]
    [InlineData("devtype=cdrom,vdev=hdc,target=")]
    public void EmptyDrives_MeanTheSame(string line) => Assert.Equal(
        new DiskSpecification { Name = "hdc", VirtualDevice = 0x1600, Format = DiskFormat.Empty, IsCdRom = true, ReadOnly = true }, Parse(line));

    [Fact]
    public void Target_ByName_TakesTheRestOfTheLine() =>
        Assert.Equal("/srv/a, b=c:d.img ", Parse("vdev=xvda,target=/srv/a, b=c:d.img ").Target);

    [Theory]
    [InlineData("nbd://host:10809/disk,,xvda", "nbd://host:10809/disk")]
    [InlineData("nbd+unix:///disk?socket=/run/x.sock,,xvda,w", "nbd+unix:///disk?socket=/run/x.sock")]
    public void Addresses_AreTargets(string line, string target) => Assert.Equal(target, Parse(line).Target);

    [Theory]
    [InlineData("r", true, false)]
    [InlineData("ro", true, false)]
    [InlineData("w", false, false)]
    [InlineData("rw", false, false)]
    [InlineData("w!", false, true)]
    [InlineData("", false, false)]
    public void Access_SaysWhoMayWrite(string access, bool readOnly, bool shared)
    {
        DiskSpecification disk = Parse($"/a,raw,xvda,{access}");
        Assert.Equal((readOnly, shared), (disk.ReadOnly, disk.Shared));
    }

    [Theory]
    [InlineData("/a,,xvda,w")]
    [InlineData("/a.qcow2,qcow2,xvdb,r,no-discard")]
    [InlineData("vdev=xvdc,access=w!,direct-io-safe,target=/srv/a, b=c")]
    [InlineData("/a,raw,xvda,w,persistent-grants")]
    [InlineData(",hdc:cdrom,r")]
    [InlineData("nbd://host/disk,,xvda")]
    public void Text_OfADisk_IsReadAgainAsTheSame(string line) => Assert.Equal(Parse(line), Parse(DiskText.Of(Parse(line))));

    [Fact]
    public void Options_AreTaken()
    {
        DiskSpecification disk = Parse("/a.vmdk,vmdk,xvdb,r,no-discard,direct-io-safe,backendtype=qdisk");
        Assert.Equal((DiskFormat.Vmdk, false, true), (disk.Format, disk.Discard, disk.Direct));
    }

    [Theory]
    [InlineData("/a,raw,xvda,w", false)]
    [InlineData("/a,raw,xvda,w,persistent-grants", true)]
    [InlineData("/a,raw,xvda,w,persistent-grants,no-persistent-grants", false)]
    [InlineData("vdev=xvda,persistent-grants,target=/a", true)]
    public void PersistentGrants_AreOfferedWhenAsked(string line, bool offered) => Assert.Equal(offered, Parse(line).PersistentGrants);

    [Theory]
    [InlineData("/a,raw", 6, "no vdev specified")]
    [InlineData("/a,raw,sdz9", 13, "\"sdz9\" is not the name of a virtual disk")]
    [InlineData("/a,tar,xvda", 9, "unknown value for format: \"tar\"")]
    [InlineData("/a,raw,xvda,x", 18, "unknown value for access: \"x\"")]
    [InlineData("/a,raw,xvda,w,more", 20, "too many positional parameters")]
    [InlineData("/a,raw,xvda,fromat=raw", 18, "unknown parameter fromat")]
    [InlineData("vdev=xvda,vdev=xvdb,target=/a", 16, "vdev respecified")]
    [InlineData("format=raw,format=qcow2,vdev=xvda,/a", 17, "format respecified")]
    [InlineData("floppy:/a,xvda,w", 6, "unknown deprecated disk prefix floppy:")]
    [InlineData("iscsi:/a,xvda,w", 6, "iscsi: needs the script block-iscsi, and scripts are not run")]
    [InlineData("/a,raw,xvda,script=block-x", 18, "script: block scripts are not run")]
    [InlineData("vdev=xvda", 6, "no target specified")]
    [InlineData("hdc:tape,,xvda", 6, "")]
    [InlineData("/a=b,,xvda", 6, "bad disk syntax")]
    public void Mistake_IsToldWithItsPlace(string line, int column, string message)
    {
        if (message.Length == 0)
        {
            Assert.Equal("hdc:tape", Path.GetFileName(Parse(line).Target));     // a target, as xl takes it
            return;
        }

        Problem problem = Assert.Throws<ProblemException>(() => Parse(line)).Problem;
        Assert.Equal(("disk: " + message, new SourcePosition("guest.cfg", 3, column)), (problem.Message, problem.Where));
    }

    [Theory]
    [InlineData("xvda", 51712)]
    [InlineData("xvda1", 51713)]
    [InlineData("xvdp15", 51967)]
    [InlineData("xvdq", 268439552)]
    [InlineData("xvdaa", 268442112)]
    [InlineData("xvda16", 268435472)]
    [InlineData("sda", 2048)]
    [InlineData("sdb2", 2066)]
    [InlineData("hda", 768)]
    [InlineData("hdb1", 833)]
    [InlineData("hdd", 5696)]
    [InlineData("d0", 51712)]
    [InlineData("d1p2", 51730)]
    [InlineData("51728", 51728)]
    [InlineData("0xca10", 51728)]
    [InlineData("sdq", null)]
    [InlineData("hde", null)]
    [InlineData("xvd", null)]
    [InlineData("xvda256", null)]
    [InlineData("xvdzzzzzzzzzz", null)]
    [InlineData("sd", null)]
    [InlineData("", null)]
    public void Name_IsANumber(string name, int? number) => Assert.Equal(number, VirtualDeviceName.NumberOf(name));

    [Fact]
    public void ConfigurationsDisks_AreRead_AndToldApart()
    {
        SettingTable settings = new();
        ConfigurationParser.Parse("disk=['/a,,xvda', '/b,,51712']", "guest.cfg", settings);
        Problem problem = Assert.Throws<ProblemException>(() => DiskSetting.Read(settings, "guest.cfg")).Problem;
        Assert.Equal(("disk: 51712 is there twice", 19), (problem.Message, problem.Where!.Column));
    }

    private static DiskSpecification Parse(string line) => DiskParser.Parse(new ConfigAtom(line, new SourcePosition("guest.cfg", 3, 5)));
}
