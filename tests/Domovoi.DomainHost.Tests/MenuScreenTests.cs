// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Backends.Consoles;
using Domovoi.DomainHost.BootLoaders;
using Domovoi.GuestDisks.Grub;

namespace Domovoi.DomainHost;

/// <summary>The boot menu on a console: what a person types, and what is booted.</summary>
public sealed class MenuScreenTests : IDisposable
{
    private static readonly BootEntry s_first = Entry("first");
    private static readonly BootEntry s_second = Entry("second");
    private static readonly BootEntry s_inner = Entry("inner");
    private static readonly BootEntry s_more = new("more", null, [Entry("outer"), s_inner], null);
    private readonly MemoryStream _screen = new();
    private readonly ConsoleInput _input = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(20));

    [Theory]
    [InlineData("first", "\r")]
    [InlineData("second", "\e[B", "\r")]
    [InlineData("second", "\e[A", "\e[A", "\n")]
    [InlineData("second", "1", "\r")]
    [InlineData("second", "1\r")]
    [InlineData("inner", "2", "\r", "\e[B", "\r")]
    [InlineData("second", "2", "\r", "\e", "1", "\r")]
    [InlineData("first", "rubbish", "99", "\r")]
    [InlineData("inner", "\e[B\e[B\r\e[B\r")]             // pasted, or typed faster than the menu looks
    [InlineData("second", "2\r\e", "1\r\n")]
    public async Task Keys_ChooseAnEntry(string title, params string[] keys)
    {
        Task<BootEntry?> chosen = Task.Run(() => Screen(timeout: -1).Choose(_limit.Token), _limit.Token);
        foreach (string key in keys)
        {
            await Task.Delay(120, _limit.Token);            // a terminal sends one key at a time
            _input.Type(Encoding.ASCII.GetBytes(key));
        }

        Assert.Equal(title, (await chosen)?.Title);
    }

    [Fact]
    public void Timeout_BootsTheDefault_AndCountsDown()
    {
        Assert.Same(s_second, Screen(timeout: 1, byDefault: "1").Choose(_limit.Token));
        string said = Encoding.UTF8.GetString(_screen.ToArray());
        Assert.Contains(" * 1  second", said, StringComparison.Ordinal);
        Assert.Contains("Booting the default in 1 s", said, StringComparison.Ordinal);
        Assert.Contains("   2  more >", said, StringComparison.Ordinal);
        Assert.EndsWith("Booting second\r\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Title_WithTerminalCommands_IsShownWithoutThem()
    {
        BootEntry evil = Entry("evil\e]0;title\a");
        new MenuScreen(new BootMenu("grub.cfg", [evil, s_first], "0", 1, false), Transcript(), _input, TimeProvider.System).Choose(_limit.Token);
        Assert.Contains("evil?]0;title?", Encoding.UTF8.GetString(_screen.ToArray()), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _limit.Dispose();
        _screen.Dispose();
    }

    private static BootEntry Entry(string title) => new(title, null, null, () => new BootLoad(new BootFile("", "/" + title), "", []));

    private MenuScreen Screen(int timeout, string byDefault = "0") =>
        new(new BootMenu("/boot/grub/grub.cfg", [s_first, s_second, s_more], byDefault, timeout, false), Transcript(), _input, TimeProvider.System);

    private ConsoleTranscript Transcript() => new(_screen, Assert.Fail);
}
