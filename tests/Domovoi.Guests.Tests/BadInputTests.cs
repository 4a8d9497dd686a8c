// SPDX-License-Identifier: MIT
using System.Text;

namespace Domovoi.Guests;

/// <summary>A person's mistakes: one clear message, exit code 1, nothing left running and nothing half-made.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly GuestHost _host = new();

    [Fact]
    public void Kernel_ThatIsAText_IsRefused() => Refuses(Kernel("no-kernel", "This is not a kernel.\n"u8.ToArray()), "kernel");

    [Fact]
    public void Kernel_ThatIsEmpty_IsRefused() => Refuses(Kernel("empty", []), "kernel");

    [Fact]
    public void Kernel_CutInHalf_IsRefused()
    {
        byte[] whole = File.ReadAllBytes(GuestHost.Debian.Kernel);
        Refuses(Kernel("cut", whole[..(whole.Length / 2)]));
    }

    [Fact]
    public void Kernel_ForAnotherProcessor_IsRefused()
    {
        byte[] elf = TinyKernel.Of(code => code.hlt()).ToElf();
        elf[18] = 183;                                          // e_machine: EM_AARCH64
        Refuses(Kernel("foreign", elf), "ARM");
    }

    [Fact]
    public void Kernel_WithoutXensNotes_IsRefusedAndToldWhy() =>
        Refuses(Kernel("no-notes", TinyKernel.Of(code => code.hlt()).WithoutNotes().ToElf()), "note");

    [Fact]
    public void Kernel_WithADamagedPayload_IsRefused()
    {
        byte[] whole = File.ReadAllBytes(GuestHost.Debian.Kernel);
        whole.AsSpan(whole.Length / 2, 4096).Fill(0xA5);
        Refuses(Kernel("damaged", whole));
    }

    [Fact]
    public void Kernel_ThatIsMissing_IsNamed() => Refuses(_host.Configure("guest", "kernel = \"/nowhere/vmlinuz\"\nmemory = 64"), "/nowhere/vmlinuz");

    [Fact]
    public void Kernel_ThatIsADirectory_IsRefused() => Refuses(_host.Configure("guest", "kernel = \"/usr\"\nmemory = 64"), "/usr", "directory");

    /// <summary>Nobody writes into the pipe: opening it would wait for ever.</summary>
    [Fact]
    public void Kernel_ThatIsAPipe_IsRefused()
    {
        string pipe = _host.InFolder("pipe");
        HostProgram.Run("mkfifo", pipe);
        Refuses(_host.Configure("guest", $"kernel = \"{pipe}\"\nmemory = 64"), pipe, "expected a file");
    }

    [Fact]
    public void Ramdisk_LargerThanMemory_IsRefused()
    {
        string ramdisk = _host.InFolder("large.ramdisk");
        using (FileStream file = File.Create(ramdisk))
        {
            file.SetLength(256 << 20);
        }

        Refuses(_host.Configure("guest", $"kernel = \"{GuestHost.Debian.Kernel}\"\nramdisk = \"{ramdisk}\"\nmemory = 128"), "memory");
    }

    /// <summary>Debian's kernel takes more than 64 MiB before its first instruction: on Xen, too, the domain cannot be built.</summary>
    [Fact]
    public void Memory_TooSmallForTheKernelAndItsTables_IsRefused() => Refuses(
        _host.Configure("guest", $"kernel = \"{GuestHost.Debian.Kernel}\"\nramdisk = \"{GuestHost.Debian.Initramfs}\"\nmemory = 64"),
        "the kernel ends at",
        "Raise memory");

    [Theory]
    [InlineData("0")]
    [InlineData("999999999")]
    [InlineData("\"much\"")]
    public void Memory_ThatCannotBe_IsRefused(string memory) =>
        Refuses(_host.Configure("guest", $"kernel = \"{GuestHost.Debian.Kernel}\"\nmemory = {memory}"), "memory");

    [Fact]
    public void Number_BelowZero_IsAMistakeOfGrammar() => Refuses(_host.Configure("guest", "memory = -5"), "guest.cfg:3:10");

    [Fact]
    public void Configuration_ThatIsMissing_IsNamed() => Refuses(_host.InFolder("nowhere.cfg"), "nowhere.cfg");

    [Fact]
    public void Configuration_ThatIsADirectory_IsRefused() => Refuses(_host.Folder);

    [Fact]
    public void Configuration_ThatIsNotUtf8_IsRefused() => Refuses(Text("latin.cfg", [.. "name = \""u8, 0xE9, 0xFF, .. "\"\n"u8]), "UTF-8");

    [Fact]
    public void Configuration_WithALineOfTenMebibytes_IsRefused() =>
        Refuses(Text("long.cfg", Encoding.ASCII.GetBytes("name = \"" + new string('x', 10 << 20) + "\"\n")));

    [Fact]
    public void Configuration_WithAMistake_NamesLineAndColumn()
    {
        string file = Text("mistake.cfg", "name = \"guest\"\nmemory = = 5\n"u8.ToArray());
        Refuses(file, "mistake.cfg:2:10");
    }

    [Fact]
    public void Name_ThatIsTaken_IsRefused()
    {
        string configuration = _host.ConfigureTiny(TinyKernel.Of(TinyKernel.Spin));
        Assert.Equal(0, _host.Dom("create", configuration).ExitCode);
        _host.Dom("create", configuration).IsOneClearError("tiny", "already");
        Assert.Single(_host.DomainProcesses());
        Assert.Equal(0, _host.Dom("destroy", "tiny").ExitCode);
    }

    public void Dispose() => _host.Dispose();

    private void Refuses(string configuration, params string[] says)
    {
        _host.Dom("create", configuration).IsOneClearError(says);
        _host.NothingIsLeft();
    }

    private string Kernel(string name, byte[] bytes) => _host.Configure("guest", $"kernel = \"{Text(name, bytes)}\"\nmemory = 64");

    private string Text(string name, byte[] bytes)
    {
        string file = _host.InFolder(name);
        File.WriteAllBytes(file, bytes);
        return file;
    }
}
