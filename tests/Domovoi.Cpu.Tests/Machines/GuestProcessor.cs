// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Cpu.CodeStore;
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Oracle;
using Domovoi.Memory;

namespace Domovoi.Cpu.Tests.Machines;

/// <summary>Runs cases on the translator, in a machine whose page tables show the same addresses as the oracle's process.</summary>
internal sealed class GuestProcessor : IDisposable
{
    private const byte Hlt = 0xF4;
    private static readonly PagingPolicy _policy = new(IgnoreUserBit: false, 512, 511, 0);

    /// <summary>Small enough to stay in the host's caches.</summary>
    private const ulong BufferSize = 2 << 20;

    private readonly GuestMemory _memory = new(256);
    private readonly TranslationCache _cache;
    private readonly ulong[] _codeFrames;
    private readonly ulong[] _dataFrames;
    private readonly Timer _watchdog;
    private readonly Stress _stress;
    private readonly DirectoryInfo? _storeDirectory;
    private readonly TranslationStore? _store;
    private readonly Random _retiring = new(11);
    private readonly ulong _done;                           // where a case has come to its end
    private volatile bool _disposed;
    private ulong _nextFrame = 1;
    private int _ticksInCase;
    private TimeSpan? _timeAtFirstLook;                     // processor time; null until the case seems endless

    /// <param name="stress">What is made common.</param>
    /// <param name="store">Where translations come from and go to; null for nowhere, or for one of its own where they are under stress.</param>
    /// <param name="mostContents">Each case changes the code pages: how often they may, for their code to be stored.</param>
    internal GuestProcessor(Stress stress = Stress.None, TranslationStore? store = null, int mostContents = int.MaxValue)
    {
        const PageBits data = PageBits.User | PageBits.Write | PageBits.NoExecute;
        _stress = stress;
        if (stress == Stress.Stored && store is null)
        {
            _storeDirectory = Directory.CreateTempSubdirectory("domovoi-stress");
            _store = new TranslationStore(Path.Combine(_storeDirectory.FullName, "blocks"), "stress");
        }

        _cache = new TranslationCache(new Processors(_memory), stress == Stress.SmallBuffer ? 256 * 1024 : BufferSize, store ?? _store);
        _cache.MostStoredContents = mostContents;
        Space = new GuestAddressSpace(_memory, () => _nextFrame++);
        _codeFrames = [_nextFrame++, _nextFrame++];
        _dataFrames = [_nextFrame++, _nextFrame++, _nextFrame++];
        ulong readOnly = _nextFrame++;
        ulong exit = _nextFrame++;
        ulong halts = _nextFrame++;
        for (ulong i = 0; i < 2; i++)
        {
            Space.Map(AddressMap.Code + (i * AddressMap.PageSize), _codeFrames[i], PageBits.User | PageBits.Write);
            Space.Map(AddressMap.CodeAlias + (i * AddressMap.PageSize), _codeFrames[i], PageBits.User | PageBits.Write);
            Space.Map(AddressMap.Data + (i * AddressMap.PageSize), _dataFrames[i], data);
        }

        (byte[] exitPage, _done) = OracleProgram.ExitPage;
        Space.Map(AddressMap.Exit64, exit, PageBits.User);
        Space.Map(AddressMap.Exit32, halts, PageBits.User);
        Space.Map(_done & ~(AddressMap.PageSize - 1UL), halts, PageBits.User);
        exitPage.CopyTo(_memory.Frame(exit));
        _memory.Frame(halts)[0] = Hlt;
        _memory.Frame(halts)[(int)(_done & (AddressMap.PageSize - 1))] = Hlt;

        Space.Map(AddressMap.DataIsland, _dataFrames[2], data);
        Space.Map(AddressMap.ReadOnly, readOnly, PageBits.User | PageBits.NoExecute);
        AddressMap.ReadOnlyPage().CopyTo(_memory.Frame(readOnly));

        Cpu = new VirtualCpu(_cache, _policy) { Mode = CpuMode.User };
        Cpu.SetRoot(CpuMode.User, Space.Root);
        Cpu.SetRoot(CpuMode.Kernel, Space.Root);
        SetSwitches();
        _watchdog = new Timer(_ => Tick(), null, 1000, 1000);
        if (stress == Stress.Kicks)
        {
            new Thread(KickForever) { IsBackground = true, Name = "kicker" }.Start();
        }
    }

    internal TranslationCache Cache => _cache;

    internal VirtualCpu Cpu { get; }

    internal GuestAddressSpace Space { get; }

    internal GuestMemory Memory => _memory;

    internal void Run(CpuCase test, MachineState result)
    {
        Load(test, test.Rflags);
        Run(result);
        SaveMemory(result);
    }

    /// <summary>Loads all a case starts from, with other flags.</summary>
    internal void Load(CpuCase test, ulong flags)
    {
        LoadCode(test.CodeImage);
        Span<byte> data = stackalloc byte[AddressMap.DataLength];
        test.FillData(data);
        LoadData(data);
        LoadRegisters(test.General, flags, test.Xsave, test.Start, test.Is64Bit);
    }

    /// <summary>Replaces the code pages; what was translated from them retires.</summary>
    internal void LoadCode(ReadOnlySpan<byte> image)
    {
        for (int i = 0; i < 2; i++)
        {
            _memory.TryWrite(
                PhysicalAddress.OfFrame(_codeFrames[i]), image.Slice(i * AddressMap.PageSize, AddressMap.PageSize));
        }
    }

    /// <summary>Replaces the data pages.</summary>
    internal void LoadData(ReadOnlySpan<byte> image)
    {
        for (int i = 0; i < 3; i++)
        {
            image.Slice(i * AddressMap.PageSize, AddressMap.PageSize).CopyTo(_memory.Frame(_dataFrames[i]));
        }
    }

    internal void LoadRegisters(ReadOnlySpan<ulong> general, ulong flags, ReadOnlySpan<byte> xsave, ulong start, bool is64Bit)
    {
        ref CpuState state = ref Cpu.State;
        general.CopyTo(General(ref state));
        state.Rip = start;
        state.Rflags = flags;
        state.LongMode = is64Bit;
        state.Cs = is64Bit ? (ushort)0x33 : (ushort)0x23;
        state.Ss = state.Ds = state.Es = 0x2B;
        state.Fs = state.Gs = 0;
        state.FsBase = AddressMap.FsBase;
        state.GsBase = AddressMap.GsBase;
        Cpu.SetVectorState(xsave);
    }

    /// <summary>Runs what is loaded and stores registers and ending; memory stays here.</summary>
    internal void Run(MachineState result)
    {
        if (_stress == Stress.BothModes)
        {
            Cpu.Mode = Cpu.Mode == CpuMode.User ? CpuMode.Kernel : CpuMode.User;
        }

        if (_stress == Stress.Stored)
        {
            Array.ForEach(_codeFrames, _cache.Retire);
        }

        Volatile.Write(ref _ticksInCase, 1);
        _timeAtFirstLook = null;
        ExitReason reason;
        do
        {
            reason = Cpu.Run();
            if (reason == ExitReason.Interrupted && _stress == Stress.Kicks)
            {
                Cpu.FlushTlb();
            }
        }
        while (reason == ExitReason.Interrupted && !IsEndless());

        Volatile.Write(ref _ticksInCase, 0);
        Save(reason, result);
    }

    /// <summary>Whether the code pages hold these bytes.</summary>
    internal bool CodeIs(ReadOnlySpan<byte> image) =>
        _memory.Frame(_codeFrames[0]).SequenceEqual(image[..AddressMap.PageSize])
        && _memory.Frame(_codeFrames[1]).SequenceEqual(image[AddressMap.PageSize..]);

    /// <summary>Whether the data pages hold these bytes.</summary>
    internal bool DataIs(ReadOnlySpan<byte> image) =>
        _memory.Frame(_dataFrames[0]).SequenceEqual(image[..AddressMap.PageSize])
        && _memory.Frame(_dataFrames[1]).SequenceEqual(image.Slice(AddressMap.PageSize, AddressMap.PageSize))
        && _memory.Frame(_dataFrames[2]).SequenceEqual(image[(2 * AddressMap.PageSize)..]);

    /// <summary>Copies the pages out, for a report.</summary>
    internal void SaveMemory(MachineState result)
    {
        for (int i = 0; i < 2; i++)
        {
            _memory.Frame(_codeFrames[i]).CopyTo(result.Code.AsSpan(i * AddressMap.PageSize));
        }

        for (int i = 0; i < 3; i++)
        {
            _memory.Frame(_dataFrames[i]).CopyTo(result.Data.AsSpan(i * AddressMap.PageSize));
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _watchdog.Dispose();
        Cpu.Dispose();
        _cache.Dispose();
        _memory.Dispose();
        _store?.Dispose();
        _storeDirectory?.Delete(recursive: true);
    }

    private void SetSwitches()
    {
        _cache.TurnsOfAHotLoop = _stress == Stress.HotLoops ? 1 : _cache.TurnsOfAHotLoop;
        _cache.BlockLimit = _stress == Stress.ShortBlocks ? 1 : _cache.BlockLimit;
        Cpu.TlbReach = _stress switch { Stress.Tlb1 => TlbReach.One, Stress.SlowPaths => TlbReach.None, _ => TlbReach.All };
        Cpu.RarePaths.PollsAlways = _stress is Stress.PollAlways or Stress.Retire;
        Cpu.RarePaths.LinksBranches = _stress != Stress.PollAlways;
        Cpu.RarePaths.AtPoll = _stress == Stress.Retire ? RetireSomething : null;
        Cpu.RequestAttention();
    }

    private void RetireSomething()
    {
        switch (_retiring.Next(8))
        {
            case 0:
                _cache.Retire(_codeFrames[_retiring.Next(2)]);
                break;
            case 1:
                Cpu.FlushTlb();
                break;
            case 2:
                Cpu.InvalidatePage(AddressMap.Data + ((ulong)_retiring.Next(5) * AddressMap.PageSize));
                break;
            case 3:
                _cache.RetireWritten(_codeFrames[_retiring.Next(2)]);
                break;
        }
    }

    private void KickForever()
    {
        while (!_disposed)
        {
            Cpu.Kick();
            Thread.SpinWait(200);
        }
    }

    /// <summary>Whether the case has had a second of a processor, which on a busy host, or while the process is stopped, takes longer.</summary>
    private bool IsEndless()
    {
        if (Volatile.Read(ref _ticksInCase) < 4)
        {
            return false;
        }

        TimeSpan now = ThreadTime.Now();
        _timeAtFirstLook ??= now;
        Volatile.Write(ref _ticksInCase, 1);
        return now - _timeAtFirstLook >= TimeSpan.FromSeconds(1);
    }

    private void Tick()
    {
        if (Volatile.Read(ref _ticksInCase) > 0 && Interlocked.Increment(ref _ticksInCase) >= 4)
        {
            Cpu.Kick();
        }
    }

    private static Span<ulong> General(ref CpuState state) => MemoryMarshal.CreateSpan(ref state.Rax, 16);

    private void Save(ExitReason reason, MachineState result)
    {
        ref CpuState state = ref Cpu.State;
        General(ref state).CopyTo(result.General);
        result.Rflags = state.Rflags;
        result.Rip = state.Rip;
        result.ErrorCode = 0;
        result.FaultAddress = 0;
        result.Vector = 0;
        result.Remark = "";
        SaveEnding(reason, result);
        Cpu.GetVectorState(result.Xsave);
        XsaveImage.Normalize(result.Xsave);
    }

    private void SaveEnding(ExitReason reason, MachineState result)
    {
        ExitDetails exit = Cpu.Exit;
        switch (reason)
        {
            case ExitReason.Privileged when exit.Operation == PrivilegedOperation.Halt && (result.Rip == _done || result.Rip == AddressMap.Exit32):
                result.Ending = Ending.Exited;
                break;
            case ExitReason.Exception:
                result.Ending = Ending.Exception;
                result.Vector = exit.Vector;
                result.ErrorCode = exit.HasErrorCode ? exit.ErrorCode : 0;
                result.FaultAddress = exit.FaultAddress;
                if (exit.Vector == 14)
                {
                    result.ErrorCode |= (uint)PageFaultErrorCode.User;      // as the oracle's process, also in kernel mode
                }

                break;
            case ExitReason.SoftwareInterrupt:
                SaveSoftwareInterrupt(exit, result);
                break;
            case ExitReason.Interrupted:
                result.Ending = Ending.Endless;
                break;
            default:
                result.Ending = Ending.Left;
                result.Remark = reason == ExitReason.Privileged ? $"{reason} {exit.Operation}" : reason.ToString();
                break;
        }
    }

    /// <summary>What Linux's interrupt table makes of it: gates 3 and 4 are open to programs, the others raise #GP.</summary>
    private static void SaveSoftwareInterrupt(in ExitDetails exit, MachineState result)
    {
        result.Ending = Ending.Exception;
        if (exit.IsInt1 || exit.Vector is 3 or 4)
        {
            result.Vector = exit.Vector;
            result.Rip = exit.NextRip;
        }
        else
        {
            result.Vector = 13;
            result.ErrorCode = (exit.Vector * 8u) + 2;
        }
    }
}
