// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using Domovoi.Cpu.Tests.Cases;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Cpu.Tests.Oracle;

/// <summary>Runs cases on the processor under us, in a process of its own.</summary>
internal sealed unsafe class NativeProcessor : IDisposable
{
    private static readonly int[] _contextOrder = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 3, 2, 0, 1, 4];

    private readonly Process _process;
    private readonly MemoryMappedFile _file;
    private readonly SafeMemoryMappedViewHandle _slots;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly byte[] _scratch = new byte[AddressMap.DataLength];

    internal NativeProcessor()
    {
        string folder = Directory.CreateTempSubdirectory("domovoi-oracle-").FullName;
        string program = Path.Combine(folder, "oracle");
        string shared = Path.Combine(folder, "cases");
        File.WriteAllBytes(program, OracleExecutable.Build());
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _file = MemoryMappedFile.CreateFromFile(shared, FileMode.Create, null, CaseSlot.FileLength);
        _view = _file.CreateViewAccessor();
        _slots = _view.SafeMemoryMappedViewHandle;
        _slots.AcquirePointer(ref _start);
        _slots.WriteSpan(CaseSlot.ReadOnlyPage, (ReadOnlySpan<byte>)AddressMap.ReadOnlyPage());
        _process = Process.Start(new ProcessStartInfo(program, [shared])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        AwaitReady();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Runs the cases in order; the n-th result belongs to the n-th case.</summary>
    internal void Run(ReadOnlySpan<CpuCase> cases, MachineState[] results)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cases.Length, CaseSlot.Capacity);
        for (int i = 0; i < cases.Length; i++)
        {
            Store(cases[i].Twin ?? cases[i], Slot(i));
        }

        RunSlots(cases.Length);
        for (int i = 0; i < cases.Length; i++)
        {
            Load(Slot(i), results[i]);
            if (cases[i].Twin is { } twin)
            {
                int index = Array.IndexOf(twin.Addresses, results[i].Rip);
                results[i].Rip = index >= 0 ? cases[i].Addresses[index] : results[i].Rip;
            }
        }
    }

    /// <summary>Puts a start state into a slot.</summary>
    internal void Store(int slot, ReadOnlySpan<byte> code, ulong start, Programs.RandomState state)
    {
        // SAFETY: a slot lies inside the mapped file, and the fields inside a slot.
        byte* place = _start + Slot(slot);
        state.General.CopyTo(new Span<ulong>(place + CaseSlot.GeneralIn, 16));
        *(ulong*)(place + CaseSlot.FlagsIn) = state.Rflags;
        *(ulong*)(place + CaseSlot.RipIn) = start;
        *(ulong*)(place + CaseSlot.CsIn) = 0x33;
        state.Xsave.CopyTo(new Span<byte>(place + CaseSlot.VectorIn, CaseSlot.VectorLength));
        code.CopyTo(new Span<byte>(place + CaseSlot.CodeImage, AddressMap.CodeLength));
        state.Data.CopyTo(new Span<byte>(place + CaseSlot.DataImage, AddressMap.DataLength));
    }

    /// <summary>Runs the first slots as they are filled.</summary>
    internal void RunSlots(int count)
    {
        _slots.Write(0, (ulong)count);
        _process.StandardInput.BaseStream.WriteByte(1);
        _process.StandardInput.BaseStream.Flush();
        AwaitReady();
    }

    /// <summary>How a slot's case ended, and its registers: those of <see cref="MachineState"/>, without memory.</summary>
    internal void LoadRegisters(int slot, MachineState state) => LoadRegisters(Slot(slot), state);

    /// <summary>Copies a slot's memory out, for a report.</summary>
    internal void LoadMemory(int slot, MachineState state)
    {
        CodeOf(slot).CopyTo(state.Code);
        DataOf(slot).CopyTo(state.Data);
    }

    /// <summary>The code pages as the case in a slot left them, until the next run.</summary>
    internal ReadOnlySpan<byte> CodeOf(int slot) => new(_start + Slot(slot) + CaseSlot.CodeImage, AddressMap.CodeLength);

    /// <summary>The data pages as the case in a slot left them, until the next run.</summary>
    internal ReadOnlySpan<byte> DataOf(int slot) => new(_start + Slot(slot) + CaseSlot.DataImage, AddressMap.DataLength);

    public void Dispose()
    {
        _slots.ReleasePointer();
        _process.StandardInput.Close();
        if (!_process.WaitForExit(2000))
        {
            _process.Kill();
        }

        _process.Dispose();
        _view.Dispose();
        _file.Dispose();
    }

    private static ulong Slot(int index) => CaseSlot.First + ((ulong)index * CaseSlot.Stride);

    private void AwaitReady()
    {
        if (_process.StandardOutput.BaseStream.ReadByte() < 0)
        {
            _process.WaitForExit();
            throw new InvalidOperationException($"The oracle process ended with status {_process.ExitCode}.");
        }
    }

    private void Store(CpuCase test, ulong slot)
    {
        _slots.WriteSpan(slot + CaseSlot.GeneralIn, (ReadOnlySpan<ulong>)test.General);
        _slots.Write(slot + CaseSlot.FlagsIn, test.Rflags);
        _slots.Write(slot + CaseSlot.RipIn, test.Start);
        _slots.Write(slot + CaseSlot.CsIn, test.Is64Bit ? 0x33UL : 0x23UL);
        _slots.WriteSpan(slot + CaseSlot.VectorIn, (ReadOnlySpan<byte>)test.Xsave);
        _slots.WriteSpan(slot + CaseSlot.CodeImage, (ReadOnlySpan<byte>)test.CodeImage);
        test.FillData(_scratch);
        _slots.WriteSpan(slot + CaseSlot.DataImage, (ReadOnlySpan<byte>)_scratch);
    }

    private void Load(ulong slot, MachineState state)
    {
        LoadRegisters(slot, state);
        _slots.ReadSpan(slot + CaseSlot.CodeImage, state.Code.AsSpan());
        _slots.ReadSpan(slot + CaseSlot.DataImage, state.Data.AsSpan());
    }

    private void LoadRegisters(ulong slot, MachineState state)
    {
        byte* place = _start + slot;
        ReadOnlySpan<ulong> registers = new(place + CaseSlot.RegistersOut, 23);
        ulong kind = *(ulong*)(place + CaseSlot.Kind);
        state.Remark = "";
        if (kind == CaseSlot.KindExited)
        {
            state.Ending = Ending.Exited;
            registers[..16].CopyTo(state.General);
            state.Rflags = registers[16];
            state.Rip = 0;
            state.Vector = 0;
        }
        else
        {
            LoadContext(registers, state);
            state.Ending = kind == CaseSlot.KindEndless ? Ending.Endless : Ending.Exception;
        }

        new ReadOnlySpan<byte>(place + CaseSlot.VectorOut, CaseSlot.VectorLength).CopyTo(state.Xsave);
        XsaveImage.Normalize(state.Xsave);
    }

    /// <summary>Reads <c>struct sigcontext</c>.</summary>
    private static void LoadContext(ReadOnlySpan<ulong> context, MachineState state)
    {
        for (int i = 0; i < 16; i++)
        {
            state.General[_contextOrder[i]] = context[i];
        }

        state.Rip = context[16];
        state.Rflags = context[17];
        state.ErrorCode = context[19];
        state.Vector = (byte)context[20];
        state.FaultAddress = context[22];
    }
}
