// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Cli;

/// <summary>The verbs as processes: what goes to which stream, and the exit codes.</summary>
public sealed class DomTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private Dom Dom => new(_directory.Path);

    [Fact]
    public void List_ShowsTheHostAndTheDomains_InXlsColumns()
    {
        using FakeDomain domain = new(_directory.Path, 3, "guest");
        string[] lines = Dom.Run("list").Output.Split('\n');
        Assert.Equal("Name                                        ID   Mem VCPUs\tState\tTime(s)", lines[0]);
        Assert.StartsWith("Domain-0                                     0 ", lines[1], StringComparison.Ordinal);
        Assert.Equal("guest                                        3    64     1     r-----       1.5", lines[2]);
    }

    [Fact]
    public void Top_HasXentopsColumns_ThenTheEngines()
    {
        string[] lines = Dom.Run("top", "-b", "-i", "1").Output.Split('\n');
        Assert.StartsWith(
            "      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID ",
            lines[0],
            StringComparison.Ordinal);
        Assert.StartsWith("  Domain-0 -----r ", lines[1], StringComparison.Ordinal);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public void Misuse_NamesTheHelpOfTheVerbAsItIsTyped() =>
        Assert.Contains("`dom image installer --help`", Dom.Run("image", "installer").Errors, StringComparison.Ordinal);

    [Fact]
    public void Create_TellsOfAMisspeltName_ThoughSomethingIsMissing()
    {
        string file = _directory.Write("g.cfg", "name = 'g'\nkernle = '/boot/vmlinuz'\n");
        Assert.Contains("g.cfg:2:1: warning: kernle is not a known setting", Dom.Run("create", file).Errors, StringComparison.Ordinal);
        Assert.StartsWith("dom: error: ", Dom.Run("create", "-q", file).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void NetworkStop_WorksWhateverTheSettingsHaveBecome()
    {
        string settings = _directory.Write("xend-config.sxp", "(network-script network-bridge,netdev=eth1)\n");
        Assert.Contains("write (network-script 'network-bridge,netdev=eth1')", Dom.Run("network", "status", "--network-config", settings).Errors, StringComparison.Ordinal);
        DomResult stopped = Dom.Run("network", "stop", "--network-config", settings);
        Assert.Equal((0, "nothing to do; the host's network has not been changed\n"), (stopped.Code, stopped.Output));
    }

    [Fact]
    public void List_AsJson_IsOneArray()
    {
        using FakeDomain domain = new(_directory.Path, 3, "guest");
        using var json = System.Text.Json.JsonDocument.Parse(Dom.Run("list", "--json").Output);
        Assert.Equal("guest", json.RootElement[1].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("unpause")]
    public void Verb_IsSentToTheDomain(string verb)
    {
        using FakeDomain domain = new(_directory.Path, 3, "guest");
        Assert.Equal(0, Dom.Run(verb, "guest").Code);
        Assert.Contains(verb, domain.Calls);
    }

    [Fact]
    public void Names_AndIds_AreToldAsXlDoes()
    {
        using FakeDomain domain = new(_directory.Path, 3, "guest");
        Assert.Equal(("3\n", "guest\n"), (Dom.Run("domid", "guest").Output, Dom.Run("domname", "3").Output));
    }

    [Fact]
    public void Shutdown_OfADeafGuest_FailsAndSaysWhatHelps()
    {
        using FakeDomain domain = new(_directory.Path, 3, "guest");
        DomResult result = Dom.Run("shutdown", "guest");
        Assert.Equal(1, result.Code);
        Assert.Contains("dom destroy", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void XenstoreRead_TakesXensFullPathToo()
    {
        using FakeDomain domain = new(_directory.Path, 3, "guest");
        Assert.Equal("value\n", Dom.Run("xenstore-read", "/local/domain/3/name").Output);
    }

    [Theory]
    [InlineData(1, "pause", "nobody")]
    [InlineData(1, "domid", "nobody")]
    [InlineData(1, "shutdown")]
    [InlineData(1, "destroy", "0")]
    [InlineData(1, "top", "-d", "0")]
    [InlineData(1, "vcpu-pin", "guest", "one", "0")]
    [InlineData(1, "vcpu-pin", "guest", "0", "-")]
    [InlineData(1, "vcpu-pin", "guest", "0", "zero")]
    [InlineData(1, "vcpu-pin", "-f", "guest", "all", "0")]
    [InlineData(1, "create", "/nowhere.cfg")]
    [InlineData(2, "create")]
    [InlineData(2, "pause")]
    [InlineData(2, "frobnicate")]
    [InlineData(2, "list", "--nonsense")]
    public void Mistake_IsOneMessageOnStandardError(int code, params string[] arguments)
    {
        DomResult result = Dom.Run(arguments);
        Assert.Equal((code, ""), (result.Code, result.Output));
        Assert.Single(result.Errors.Split('\n'), line => line.Contains("error:", StringComparison.Ordinal));
    }

    [Fact]
    public void Output_ThatNobodyReads_EndsQuietly()
    {
        using System.Diagnostics.Process shell = Dom.StartProgram("bash", "-c", $"{{ sleep 0.3; {Cli.Dom.Program} list; }} | true; exit ${{PIPESTATUS[0]}}");
        DomResult result = Cli.Dom.Finish(shell);
        Assert.Equal((141, ""), (result.Code, result.Errors));
    }

    [Theory]
    [InlineData("create")]
    [InlineData("console")]
    [InlineData("try")]
    [InlineData("xenstore-ls")]
    public void Help_HasExamples(string verb) => Assert.Contains($"  dom {verb}", Dom.Run(verb, "--help").Output, StringComparison.Ordinal);

    [Fact]
    public void Completion_OffersVerbsAndDomains()
    {
        using FakeDomain domain = new(_directory.Path, 3, "guest");
        Assert.Contains("pause", Dom.Run("[suggest:7]", "dom pau").Output.Split('\n'));
        Assert.Contains("guest", Dom.Run("[suggest:11]", "dom pause gu").Output.Split('\n'));
    }

    [Theory]
    [InlineData("#!/bin/sh\nexit 3", "code 3")]
    [InlineData("#!/bin/sh\necho nonsense; echo it broke >&2", "it broke")]
    [InlineData("#!/bin/sh\necho '{\"ok\":false,\"problem\":{\"code\":\"k\",\"message\":\"not a kernel\"}}'", "not a kernel")]
    public void Create_ThatFails_SaysWhyAndLeavesNothing(string vm, string expected)
    {
        string script = _directory.Write("vm", vm);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        string guest = _directory.Write("g.cfg", "name='g'; kernel='/etc/passwd'; memory=64");
        DomResult result = new Dom(_directory.Path) { DomovoiVm = script }.Run("create", guest);
        Assert.Equal(1, result.Code);
        Assert.Contains(expected, result.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory.Path, "domains")));
    }

    [Fact]
    public void DryRun_PrintsAConfigurationThatReadsBack()
    {
        string guest = _directory.Write("g.cfg", "name='g'; kernel='/etc/passwd'; memory=64; extra='a\"b'");
        string printed = Dom.Run("create", "-n", guest).Output;
        Assert.Equal(printed, Dom.Run("create", "-n", _directory.Write("h.cfg", printed)).Output);
    }

    public void Dispose() => _directory.Dispose();
}
