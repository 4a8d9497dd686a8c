// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Domovoi.Guests;

/// <summary>Debian's own blkfront on our disks, and what a person does with them.</summary>
public sealed partial class DiskTests
{
    /// <summary>Appends numbered records, each followed by an fsync and only then by a word on the console.</summary>
    private const string WriteRecords = """
        mount /dev/xvda /mnt && echo writing
        i=0
        while i=$((i + 1)); do
            echo "record $i" | dd of=/mnt/records oflag=append conv=notrunc,fsync 2>/dev/null && echo "kept-$i."
            dd if=/dev/zero of=/mnt/noise bs=64k count=8 2>/dev/null
        done
        """;

    [Fact]
    public async Task Ext4_AfterKill9UnderLoad_IsClean_AndHasEveryRecordThatWasAcknowledged()
    {
        using GuestHost host = new();
        string image = MakeExt4(host, "a.img", 128);
        RunningGuest guest = host.Create(host.ConfigureDisks(WriteRecords, [$"{image},raw,xvda,w"]));
        await guest.SaysAsync("kept-25.");
        Process.GetProcessById(Assert.Single(host.DomainProcesses())).Kill();
        await guest.EndsAsync();
        int kept = Acknowledged().Matches(guest.Console).Max(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        Assert.InRange(HostProgram.Run("e2fsck", "-p", image).ExitCode, 0, 1);       // the journal is replayed
        Assert.Equal(0, HostProgram.Run("e2fsck", "-fn", image).ExitCode);
        string records = HostProgram.Run("debugfs", "-R", "cat records", image).Output;
        Assert.All(Enumerable.Range(1, kept), i => Assert.Contains($"record {i}\n", records, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("persistent-grants, ")]
    public async Task Disk_IsWhatTheGuestWrote_DirectAndThroughTheCache(string option)
    {
        using GuestHost host = new();
        string image = host.Image("a.img", 64);
        RunningGuest guest = host.Create(host.ConfigureDisks(
            """
            dd if=/dev/urandom of=/tmp/r bs=1M count=24 2>/dev/null
            dd if=/tmp/r of=/dev/xvda bs=1M conv=fsync 2>/dev/null
            dd if=/tmp/r of=/dev/xvda bs=4k seek=8192 oflag=direct 2>/dev/null
            echo 3 >/proc/sys/vm/drop_caches
            echo "guest $(sha256sum </tmp/r | cut -c1-64) $(head -c 25165824 /dev/xvda | sha256sum | cut -c1-64) end"
            """,
            [$"vdev=xvda, direct-io-safe, {option}target={image}"]));
        Match said = await guest.SaysAsync(GuestSums(), from: 0);
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Equal(said.Groups[1].Value, said.Groups[2].Value);
        using FileStream file = File.OpenRead(image);
        foreach (long offset in (long[])[0, 8192 * 4096])
        {
            byte[] data = new byte[24 << 20];
            file.Position = offset;
            file.ReadExactly(data);
            string sum = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(data));
            Assert.Equal(said.Groups[1].Value, sum, ignoreCase: true);
        }
    }

    [Fact]
    public async Task Disks_ComeGoAndGrow_WhileTheGuestRuns_AndStayOverAReboot()
    {
        using GuestHost host = new();
        RunningGuest guest = host.Create(host.ConfigureDisks(null, [",xvdc:cdrom,r"], "on_reboot = \"restart\""));
        await guest.SaysAsync("# ");
        string image = host.Image("b.img", 16);
        Assert.Equal(0, host.Dom("block-attach", "guest", $"file:{image}", "xvdb", "w").ExitCode);
        await AskAsync(guest, "cat /sys/block/xvdb/size", "32768");
        using (FileStream file = new(image, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            file.SetLength(32 << 20);
        }

        await AskAsync(guest, "cat /sys/block/xvdb/size", "65536");
        string cd = host.InFolder("cd.iso");
        File.WriteAllText(cd, "medium" + new string('\0', 4096));
        Assert.Equal(0, host.Dom("cd-insert", "guest", "xvdc", cd).ExitCode);
        await AskAsync(guest, "head -c 6 /dev/xvdc; echo", "medium");
        Assert.Equal(0, host.Dom("cd-eject", "guest", "xvdc").ExitCode);
        await AskAsync(guest, "cat /sys/block/xvdc/size", "\n0");
        Assert.Matches(@"51728 0   \d+ +4 +\d+ +\d+ +/local/domain/0/backend/vbd/\d+/51728", host.Dom("block-list", "guest").Output);
        Assert.Equal(0, host.Dom("reboot", "guest").ExitCode);
        await guest.SaysAsync(SecondShell(), from: 0);
        await AskAsync(guest, "cat /sys/block/xvdb/size", "65536");
        Assert.Equal(0, host.Dom("block-detach", "guest", "xvdb").ExitCode);
        await AskAsync(guest, "ls /sys/block | grep -c xvdb", "\n0");
    }

    [Fact]
    public async Task ReadOnlyDisk_CannotBeWritten_AndManyMayReadIt()
    {
        using GuestHost host = new();
        string image = MakeExt4(host, "a.img", 16);
        string command = "mount -o ro /dev/xvda /mnt && echo x >/dev/xvda; blockdev --getro /dev/xvda | sed 's/^/ro=/'; sleep 2";
        RunningGuest first = host.Create(host.ConfigureDisks(command, [$"{image},,xvda,r"], name: "first"));
        RunningGuest second = host.Create(host.ConfigureDisks(command, [$"{image},,xvda,ro"], name: "second"));
        await first.SaysAsync("ro=1");
        await second.SaysAsync("ro=1");
        host.Dom("create", host.ConfigureDisks(null, [$"{image},,xvda,w"], name: "writer")).IsOneClearError("in use", "w!");
        Assert.DoesNotContain("writer", host.Dom("list").Output, StringComparison.Ordinal);
        Assert.Equal(0, await first.EndsAsync());
        Assert.Equal(0, await second.EndsAsync());
    }

    /// <summary>What the guest's file system gives up takes no room on the host any more.</summary>
    [Fact]
    public async Task DiscardedBlocks_AreHolesInTheImage()
    {
        using GuestHost host = new();
        string image = MakeExt4(host, "a.img", 64);
        RunningGuest guest = host.Create(host.ConfigureDisks(
            "mount /dev/xvda /mnt; head -c 24000000 /dev/urandom > /mnt/a; sync; echo written; read go; rm /mnt/a; sync; fstrim /mnt && echo trimmed; umount /mnt",
            [$"{image},raw,xvda,w"]));
        await guest.SaysAsync("written");
        int full = Room();
        await guest.TypeAsync("");
        await guest.SaysAsync("trimmed");
        Assert.Equal(0, await guest.EndsAsync());
        Assert.InRange(full - Room(), 20 << 10, 24 << 10);
        Assert.Equal(0, HostProgram.Run("e2fsck", "-fn", image).ExitCode);

        int Room() => int.Parse(HostProgram.Run("du", "-k", image).Output.Split('\t')[0], CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Qcow2_IsServedByQemuNbd_WhichGoesWithTheDomain()
    {
        using GuestHost host = new();
        string image = host.InFolder("a.qcow2");
        Assert.Equal(0, HostProgram.Run("qemu-img", "create", "-q", "-f", "qcow2", image, "64M").ExitCode);
        RunningGuest guest = host.Create(host.ConfigureDisks(
            "dd if=/dev/zero bs=1M count=8 2>/dev/null | tr '\\0' x | dd of=/dev/xvda bs=64k conv=fsync 2>/dev/null; echo written; sleep 60",
            [$"{image},qcow2,xvda,w"]));
        await guest.SaysAsync("written");
        Process.GetProcessById(Assert.Single(host.DomainProcesses())).Kill();
        await guest.EndsAsync();
        await WaitUntilAsync(() => HostProgram.Run("qemu-img", "check", "-q", image).ExitCode == 0);     // until then qemu-nbd has it
        string raw = host.InFolder("a.raw");
        Assert.Equal(0, HostProgram.Run("qemu-img", "convert", "-O", "raw", image, raw).ExitCode);
        using FileStream file = File.OpenRead(raw);
        byte[] written = new byte[8 << 20];
        file.ReadExactly(written);
        Assert.True(written.AsSpan().IndexOfAnyExcept((byte)'x') < 0);
    }

    [Fact]
    public async Task FullHost_ReachesTheGuestAsAnError_AndLosesNothingThatWasKept()
    {
        using GuestHost host = new();
        using SmallFileSystem small = new(host.InFolder("small"), mebibytes: 8);
        string image = small.Image("a.img", 32);
        RunningGuest guest = host.Create(host.ConfigureDisks(
            """
            dd if=/dev/zero of=/dev/xvda bs=64k count=64 conv=fsync 2>/dev/null && echo first-kept
            dd if=/dev/urandom of=/dev/xvda bs=64k seek=64 count=256 oflag=direct 2>&1 | grep -o 'Input/output error' && echo told
            dd if=/dev/xvda of=/dev/null bs=64k count=64 iflag=direct 2>/dev/null && echo first-read
            """,
            [$"{image},,xvda,w"]));
        await guest.SaysAsync("first-read");
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Contains("Input/output error", guest.Console, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FullHost_WithPause_StopsTheGuestUntilThereIsRoom_AndLosesNothing()
    {
        using GuestHost host = new();
        using SmallFileSystem small = new(host.InFolder("small"), mebibytes: 8);
        string image = small.Image("a.img", 32);
        RunningGuest guest = host.Create(host.ConfigureDisks(
            "dd if=/dev/urandom of=/tmp/r bs=64k count=256 2>/dev/null; dd if=/tmp/r of=/dev/xvda bs=64k oflag=direct && sha256sum /tmp/r",
            [$"{image},,xvda,w"],
            "disk_error = \"pause\""));
        await WaitUntilAsync(() => host.Dom("dmesg", "guest").Output.Contains("No space left", StringComparison.Ordinal));
        await WaitUntilAsync(() => host.Dom("list").Output.Contains("--p---", StringComparison.Ordinal));
        small.Resize(mebibytes: 64);
        Assert.Equal(0, host.Dom("unpause", "guest").ExitCode);
        Match sum = await guest.SaysAsync(Sum(), from: 0);
        Assert.Equal(0, await guest.EndsAsync());
        byte[] written = new byte[256 * 65536];
        using FileStream file = File.OpenRead(image);
        file.ReadExactly(written);
        Assert.Equal(sum.Groups[1].Value, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(written)), ignoreCase: true);
    }

    [Fact]
    public async Task FullHost_WithStop_EndsTheDomain_AndSaysWhy()
    {
        using GuestHost host = new();
        using SmallFileSystem small = new(host.InFolder("small"), mebibytes: 8);
        string image = small.Image("a.img", 32);
        RunningGuest guest = host.Create(host.ConfigureDisks(
            """
            dd if=/dev/zero of=/dev/xvda bs=64k count=4 conv=fsync 2>/dev/null && echo first-kept
            dd if=/dev/urandom of=/dev/xvda bs=64k seek=64 count=256 oflag=direct; echo went-on
            """,
            [$"{image},,xvda,w"],
            "disk_error = \"stop\""));
        await guest.SaysAsync("first-kept");
        Assert.Equal(1, await guest.EndsAsync());
        Assert.DoesNotContain("went-on", guest.Console, StringComparison.Ordinal);
        Assert.Contains("No space left", host.Dom("dmesg", "guest").Output, StringComparison.Ordinal);
        Assert.Contains("No space left", guest.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nowhere.img,,xvda,w", "there is no such disk image")]
    [InlineData("/tmp,,xvda,w", "directory")]
    [InlineData("/tmp/x,tar,xvda", "guest.cfg:7:18: error: disk: unknown value for format")]
    public void Mistake_IsToldBeforeAnythingStarts(string disk, string says)
    {
        using GuestHost host = new();
        host.Dom("create", host.ConfigureDisks(null, [disk])).IsOneClearError(says);
        host.NothingIsLeft();
    }

    private static string MakeExt4(GuestHost host, string name, int mebibytes)
    {
        string image = host.Image(name, mebibytes);
        Assert.Equal(0, HostProgram.Run("mke2fs", "-q", "-F", "-t", "ext4", image).ExitCode);
        return image;
    }

    /// <summary>Types a command again and again until the guest says what is expected behind it.</summary>
    private static async Task AskAsync(RunningGuest guest, string command, string expected)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (true)
        {
            int before = guest.Console.Length;
            await guest.TypeAsync(command + "; echo asked-$((40 + 2))");
            Match answer = await guest.SaysAsync(Asked(), before);
            if (answer.Value.Replace("\r", "", StringComparison.Ordinal).Contains(expected, StringComparison.Ordinal))
            {
                return;
            }

            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"{command}: '{expected}' was not said, but {answer.Value}");
        }
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60));
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    [GeneratedRegex(@"kept-(\d+)\.")]
    private static partial Regex Acknowledged();

    [GeneratedRegex("guest ([0-9a-f]{64}) ([0-9a-f]{64}) end")]
    private static partial Regex GuestSums();

    [GeneratedRegex(@"([0-9a-f]{64})  /tmp/r")]
    private static partial Regex Sum();

    [GeneratedRegex(@"[\s\S]*asked-42")]
    private static partial Regex Asked();

    [GeneratedRegex(@"(?s)Enter 'help'.*Enter 'help'.*# ")]
    private static partial Regex SecondShell();
}
