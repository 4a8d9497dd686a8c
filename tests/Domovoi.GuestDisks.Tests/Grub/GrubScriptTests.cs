// SPDX-License-Identifier: MIT
using CsCheck;

namespace Domovoi.GuestDisks.Grub;

public sealed class GrubScriptTests
{
    private const string DebianUuid = "6f1d3c1e-54d5-4c9d-9a0e-2b7f1c1d2e3f";

    private static string Debian => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Grub", "debian-12.cfg"));

    [Fact]
    public void DebiansOwnMenu_BootsItsNewestKernel()
    {
        BootMenu menu = new TextFiles { Devices = { [DebianUuid] = "hd0,1" } }.Run(Debian);
        Assert.Equal(["GNU/Linux", "Advanced options for GNU/Linux"], menu.Entries.Select(e => e.Title));
        Assert.Equal(5, menu.Timeout);
        BootLoad load = menu.DefaultEntry.Load!();
        Assert.Equal(new BootFile("hd0,1", "/boot/vmlinuz-6.1.0-56-amd64"), load.Kernel);
        Assert.Equal([new BootFile("hd0,1", "/boot/initrd.img-6.1.0-56-amd64")], load.Ramdisks);
        Assert.Equal("root=/dev/xvda ro", load.CommandLine);
    }

    [Theory]
    [InlineData("1>2", "GNU/Linux, with Linux 5.10.0-1-amd64")]
    [InlineData("gnulinux-advanced-" + DebianUuid + ">gnulinux-5.10.0-1-amd64-advanced-" + DebianUuid, "GNU/Linux, with Linux 5.10.0-1-amd64")]
    [InlineData("Advanced options for GNU/Linux>GNU/Linux, with Linux 6.1.0-56-amd64 (recovery mode)", "GNU/Linux, with Linux 6.1.0-56-amd64 (recovery mode)")]
    [InlineData("1", "GNU/Linux, with Linux 6.1.0-56-amd64")]
    [InlineData("0", "GNU/Linux")]
    public void Entry_ByNumberTitleOrId_IsFound(string wanted, string title) => Assert.Equal(title, new TextFiles().Run(Debian).Find(wanted).Title);

    [Fact]
    public void Entry_ThatIsNotThere_IsRefusedWithTheListOfThoseThatAre()
    {
        GuestDiskException refusal = Assert.Throws<GuestDiskException>(() => new TextFiles().Run(Debian).Find("7"));
        Assert.Contains("no entry \"7\"", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("1>2 \"GNU/Linux, with Linux 5.10.0-1-amd64\"", refusal.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("next_entry=1>2", "GNU/Linux, with Linux 5.10.0-1-amd64")]      // grub-reboot
    [InlineData("nothing=1", "GNU/Linux")]
    public void EnvironmentBlock_ChoosesTheEntry(string line, string title)
    {
        TextFiles files = new() { Files = { ["/boot/grub/grubenv"] = $"# GRUB Environment Block\n{line}\n#######" } };
        Assert.Equal(title, files.Run(Debian).DefaultEntry.Title);
    }

    [Fact]
    public void SavedEntry_IsTheDefaultWhereTheMenuSaysSo()
    {
        TextFiles files = new() { Files = { ["/boot/grub/grubenv"] = "# GRUB Environment Block\nsaved_entry=two\n" } };
        BootMenu menu = files.Run("load_env\nset default=\"${saved_entry}\"\nmenuentry one { linux /1 }\nmenuentry two { linux /2 }\n");
        Assert.Equal("/2", menu.DefaultEntry.Load!().Kernel.Path);
    }

    [Fact]
    public void Quoting_IsGrubs()
    {
        BootMenu menu = new TextFiles().Run("""
            set who="a b"; set empty=
            menuentry "It's \"$who\"" --class x $empty --id 'the id' {
              linux /boot/v\ x root=LABEL="my root" "quo ted" $who ${who}x $empty end # comment
              initrd /a /b
            }
            """);
        BootEntry entry = Assert.Single(menu.Entries);
        Assert.Equal("It's \"a b\"", entry.Title);
        Assert.Equal("the id", entry.Id);
        BootLoad load = entry.Load!();
        Assert.Equal("/boot/v x", load.Kernel.Path);
        Assert.Equal("\"root=LABEL=my root\" \"quo ted\" a b a bx end", load.CommandLine);
        Assert.Equal(["/a", "/b"], load.Ramdisks.Select(file => file.Path));
    }

    [Theory]
    [InlineData("if [ x = y ]; then set a=1; elif test 2 -gt 1; then set a=2; else set a=3; fi", "2")]
    [InlineData("if ! false; then set a=1; fi", "1")]
    [InlineData("for i in 1 2 3; do set a=$a$i; done", "123")]
    [InlineData("function f {\n set a=called\n}\nf", "called")]
    [InlineData("function f\n{\n set a=called\n}\nf", "called")]
    [InlineData("if [ -z \"$none\" -a -n x ]; then a=7; fi", "7")]
    public void Language_DecidesVariables(string script, string expected)
    {
        BootMenu menu = new TextFiles().Run(script + "\nmenuentry e {\n linux /k $a\n}\n");
        Assert.Equal(expected, menu.DefaultEntry.Load!().CommandLine);
    }

    [Fact]
    public void IncludedFile_AddsItsEntries()
    {
        TextFiles files = new() { Files = { ["/boot/grub/custom.cfg"] = "menuentry own {\n linux (hd0,gpt2)/k\n}\n" } };
        BootMenu menu = files.Run("if [ -f ${config_directory}/custom.cfg ]; then source ${config_directory}/custom.cfg; fi\n");
        Assert.Equal(new BootFile("hd0,gpt2", "/k"), menu.DefaultEntry.Load!().Kernel);
    }

    [Theory]
    [InlineData("menuentry x {\n linux /k\n")]
    [InlineData("if true; then set a=1\n")]
    [InlineData("}\n")]
    [InlineData("function f {\n f\n}\nf\n")]
    [InlineData("menuentry x { echo nothing }\n")]
    [InlineData("set default=0\n")]
    public void BrokenMenu_IsRefusedWithTheReason(string script) =>
        Assert.Throws<GuestDiskException>(() => new TextFiles().Run(script).DefaultEntry.Load!());

    [Fact]
    public void AnyText_EndsInAMenuOrARefusal()
    {
        string[] pieces =
        [
            "menuentry", "if", "then", "fi", "{", "}", "'", "\"", "$", "${", "\n", ";", " ", "[", "]", "for", "in", "do", "done",
            "linux", "set", "a=b", "\\", "submenu", "function", "f", "#",
        ];
        Gen.Int[0, pieces.Length - 1].Array[0, 60].Sample(
            chosen => Try(string.Concat(chosen.Select(i => pieces[i] + (pieces[i].Length > 1 ? " " : "")))), iter: 5000);
    }

    private static void Try(string script)
    {
        try
        {
            _ = new TextFiles().Run(script).DefaultEntry.Load!();
        }
        catch (GuestDiskException)
        {
            // The one way to refuse.
        }
    }
}
