// SPDX-License-Identifier: MIT
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Guests;

/// <summary>Guests that mean harm, or are out of their mind: they harm only themselves, and what they did is told.</summary>
public sealed class HostileGuestTests : IDisposable
{
    private const int MmuUpdate = 1, UpdateVaMapping = 14, ConsoleIo = 18, MmuExtOp = 26;
    private readonly GuestHost _host = new();

    [Fact]
    public Task PowerOff_OfATinyKernel_EndsCleanly() => SurvivesAsync(_ => { });

    [Fact]
    public Task Garbage_AsCode_CrashesThatDomainOnly() => CrashesAsync(code => code.db(0x0F, 0x0B, 0xFF, 0xFF, 0x06, 0xC4, 0x62, 0x0F, 0xFF));

    [Fact]
    public Task RandomBytes_AsCode_CrashThatDomainOnly() => CrashesAsync(code =>
    {
        byte[] bytes = new byte[512];
        new Random(1).NextBytes(bytes);
        code.db(bytes);
        code.ud2();
    });

    [Fact]
    public Task Jump_IntoTheHypervisorsHole_CrashesThatDomainOnly() => CrashesAsync(code =>
    {
        code.mov(rax, 0xFFFF_8300_0000_0000);
        code.jmp(rax);
    });

    [Fact]
    public Task Stack_ThatIsNowhere_CrashesThatDomainOnly() => CrashesAsync(code =>
    {
        code.mov(rsp, 0xDEAD_0000_0000_0000);
        code.push(rax);
    });

    [Fact]
    public Task Crash_AskedForByTheGuest_IsReported() => CrashesAsync(code => TinyKernel.ShutDown(code, reason: 3));

    [Fact]
    public void Loop_WithEventsMasked_CanBeDestroyed()
    {
        Assert.Equal(0, _host.Dom("create", _host.ConfigureTiny(TinyKernel.Of(TinyKernel.Spin))).ExitCode);
        Assert.Matches(@"tiny\s+\d+\s+32\s+1\s+r-----", _host.Dom("list").Output);
        Assert.Equal(0, _host.Dom("destroy", "tiny").ExitCode);
        Assert.Empty(_host.DomainProcesses());
    }

    [Fact]
    public async Task Flood_OfTheHypervisorsLog_StaysBounded()
    {
        TinyKernel kernel = TinyKernel.Of(code =>
        {
            Label again = code.CreateLabel();
            code.Label(ref again);
            code.xor(edi, edi);                                 // CONSOLEIO_write
            code.mov(esi, 4096);
            code.mov(rdx, TinyKernel.VirtualBase);
            TinyKernel.Hypercall(code, ConsoleIo);
            code.jmp(again);
        });
        Assert.Equal(0, _host.Dom("create", _host.ConfigureTiny(kernel)).ExitCode);
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        long written = Directory.EnumerateFiles(_host.RunFolder, "*.log", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Assert.Equal(0, _host.Dom("destroy", "tiny").ExitCode);
        Assert.InRange(written, 0, 64L << 20);
    }

    [Fact]
    public Task StartInfo_Overwritten_HarmsNobody() => SurvivesAsync(code =>
    {
        code.mov(rdi, rsi);
        code.mov(ecx, 3 * 4096 / 8);                            // start_info, the xenstore page, the console page
        code.mov(rax, 0xA5A5_A5A5_A5A5_A5A5);
        code.cld();
        code.rep.stosq();
    });

    [Fact]
    public Task PageTables_MappingNonsense_AreRefused() => SurvivesAsync(code =>
    {
        foreach (ulong entry in (ulong[])[0xFFFF_FFFF_FFFF_F067, 0x000F_FFFF_FFFF_F063, 0x7FFF_0000_0000_0067, 0xFEC0_0067])
        {
            code.mov(rdi, TinyKernel.Scratch);
            code.mov(rsi, entry);
            code.xor(edx, edx);
            TinyKernel.Hypercall(code, UpdateVaMapping);
            WriteScratch(code, entry, entry);                   // mmu_update: pointer and value
            code.mov(rdi, TinyKernel.Scratch);
            code.mov(esi, 1);
            code.xor(edx, edx);
            code.mov(r10d, 0x7FF0);                             // DOMID_SELF
            TinyKernel.Hypercall(code, MmuUpdate);
            for (int command = 0; command <= 20; command++)
            {
                WriteScratch(code, (ulong)command, entry >> 12);
                code.mov(rdi, TinyKernel.Scratch);
                code.mov(esi, 1);
                code.xor(edx, edx);
                code.mov(r10d, 0x7FF0);
                TinyKernel.Hypercall(code, MmuExtOp);
            }
        }
    });

    [Fact]
    public Task Hypercalls_WithHostileArguments_AreRefused() => SurvivesAsync(code =>
    {
        ulong[] pointers = [0, 1, ulong.MaxValue, 0x0000_8000_0000_0000, 0xFFFF_8300_0000_0000, TinyKernel.VirtualBase + 0x7FFF_F000, 3];
        foreach (int number in Enumerable.Range(0, 64).Except(ThatEndTheKernelItself))
        {
            foreach (int command in Enumerable.Range(-1, 12).Where(command => (number, command) != (24, 2)))
            {
                foreach (ulong pointer in pointers)
                {
                    code.mov(rdi, (ulong)(long)command);
                    code.mov(rsi, pointer);
                    code.mov(rdx, pointer);
                    code.mov(r10, pointer);
                    code.mov(r8, pointer);
                    TinyKernel.Hypercall(code, number);
                }
            }
        }
    });

    /// <summary>set_trap_table and callbacks may be given nonsense; iret, stack_switch and sched_op change who runs.</summary>
    private static IEnumerable<int> ThatEndTheKernelItself => [3, 6, 23, 29];

    public void Dispose() => _host.Dispose();

    private static void WriteScratch(Assembler code, ulong first, ulong second)
    {
        code.mov(rdi, TinyKernel.Scratch);
        code.mov(rax, first);
        code.mov(__qword_ptr[rdi], rax);
        code.mov(rax, second);
        code.mov(__qword_ptr[rdi + 8], rax);
    }

    private async Task SurvivesAsync(Action<Assembler> hostile)
    {
        RunningGuest guest = _host.Create(_host.ConfigureTiny(TinyKernel.Of(code =>
        {
            hostile(code);
            TinyKernel.ShutDown(code, reason: 0);
        })));
        Assert.Equal(0, await guest.EndsAsync());
        Assert.Empty(_host.DomainProcesses());
    }

    private async Task CrashesAsync(Action<Assembler> hostile)
    {
        RunningGuest guest = _host.Create(_host.ConfigureTiny(TinyKernel.Of(hostile)));
        Assert.Equal(1, await guest.EndsAsync());
        Assert.Contains("crash", guest.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(_host.DomainProcesses());
        Assert.Equal(0, _host.Dom("list").ExitCode);
    }
}
