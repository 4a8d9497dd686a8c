// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Cpu.Run;
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Timers;
using Domovoi.Hypervisor.Traps;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Vcpus;

/// <summary>The machine's table of contents: every way a guest can stop running its own code.</summary>
/// <remarks>
/// One dedicated thread per vCPU. Example: a user program's SYSCALL leaves the engine as <see cref="ExitReason.Syscall"/>;
/// <see cref="SyscallEntry"/> bounces it to the kernel's callback; the kernel later makes the iret hypercall, which leaves
/// the same way and goes to the hypercall table. Before each return to guest code, pending events are delivered.
/// </remarks>
internal sealed class VcpuLoop
{
    private const uint TimerCheckMask = 31;

    private readonly Vcpu _vcpu;
    private readonly Thread _thread;
    private uint _exits;

    internal VcpuLoop(Vcpu vcpu)
    {
        _vcpu = vcpu;
        vcpu.Cpu.OnSyscall = TakeShortSyscall;
        _thread = new Thread(Main) { IsBackground = true, Name = $"vCPU {vcpu.Id} of {vcpu.Domain.Id.Value}" };
    }

    internal void Start() => _thread.Start();

    internal void Join()
    {
        if ((_thread.ThreadState & System.Threading.ThreadState.Unstarted) == 0 && Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
    }

    private void Main()
    {
        _vcpu.BindThread();
        _vcpu.Domain.Settings.VcpuThreadStarted(_vcpu.Id);
        _vcpu.Runstate.ProcessorClock = _vcpu.Domain.Settings.NewProcessorClock();
        try
        {
            _vcpu.Time.Publish(force: true);
            while (BecomeRunnable())
            {
                RunGuest();
            }
        }
        catch (DomainCrashException crash)
        {
            _vcpu.Domain.Crash(CrashReport.Of(_vcpu, crash.Reason, crash.Message));
        }
#pragma warning disable CA1031 // The thread's last resort: whatever failed, this domain ends and says why; the process decides the rest.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _vcpu.Domain.Crash(CrashReport.Of(_vcpu, CrashReason.Internal, failure.ToString()));
        }
        finally
        {
            _vcpu.Runstate.Enter(RunstateKind.Offline);
        }
    }

    /// <summary>Runs until another thread wants something that stops the guest.</summary>
    private void RunGuest()
    {
        while (true)
        {
            if (_vcpu.HasRequests && !Attend(_vcpu.TakeRequests()))
            {
                return;
            }

            if ((++_exits & TimerCheckMask) == 0)
            {
                _vcpu.Timers.ExpireIfDue();                 // a busy host may keep the deadline thread waiting
            }

            if (_vcpu.HasDeliverableEvent)
            {
                _vcpu.Runstate.Refresh();
                TrapDelivery.DeliverEvent(_vcpu);
            }

            _vcpu.Timers.Watch();
            Handle(_vcpu.Cpu.Run());
        }
    }

    /// <summary>System calls and the return from them, by far the most frequent exits, do not leave the engine unless something else is to do.</summary>
    private SyscallAnswer TakeShortSyscall()
    {
        bool isShort = !_vcpu.IsInKernelMode || _vcpu.Cpu.State.Rax == (ulong)HypercallNumber.Iret;
        if (!isShort || (_exits & TimerCheckMask) == TimerCheckMask)
        {
            return SyscallAnswer.Leave;
        }

        _exits++;
        _vcpu.Counters.Count(ExitReason.Syscall);
        SyscallEntry.Enter(_vcpu);
        return _vcpu.HasRequests || _vcpu.HasDeliverableEvent ? SyscallAnswer.Interrupt : SyscallAnswer.GoOn;
    }

    private void Handle(ExitReason reason)
    {
        _vcpu.Counters.Count(reason);
        switch (reason)
        {
            case ExitReason.Syscall:
                SyscallEntry.Enter(_vcpu);
                break;
            case ExitReason.Exception:
                Exceptions.Handle(_vcpu, _vcpu.Cpu.Exit);
                break;
            case ExitReason.Privileged:
                PrivilegedOperations.Emulate(_vcpu, _vcpu.Cpu.Exit);
                break;
            case ExitReason.Interrupted:
                break;                                      // requests and events are looked at before the guest runs on
            case ExitReason.SoftwareInterrupt:
                SoftwareInterrupts.Handle(_vcpu, _vcpu.Cpu.Exit);
                break;
            case ExitReason.Sysenter:
                SyscallEntry.EnterBySysenter(_vcpu);
                break;
            default:
                throw new UnreachableException($"The CPU engine returned {reason}.");
        }
    }

    /// <summary>Does what other threads asked for; false when guest code must not run now.</summary>
    private bool Attend(VcpuRequests requests)
    {
        if ((requests & VcpuRequests.TimerDue) != 0)
        {
            _vcpu.Timers.Expire();
            _vcpu.Time.Publish();
        }

        if ((requests & VcpuRequests.ReloadSegments) != 0)
        {
            SegmentReload.Reload(_vcpu);
        }

        if ((requests & VcpuRequests.Nmi) != 0)
        {
            TrapDelivery.DeliverNmi(_vcpu);
        }

        if ((requests & VcpuRequests.DescribeCode) != 0)
        {
            _vcpu.TellCode();
        }

        return (requests & VcpuRequests.StateChanged) == 0;
    }

    /// <summary>Waits while the domain is paused or the vCPU down; false when the domain has ended.</summary>
    private bool BecomeRunnable()
    {
        VcpuRequests missed = VcpuRequests.None;
        while (true)
        {
            switch (_vcpu.Domain.State)
            {
                case DomainState.Ended:
                    return false;
                case DomainState.Running when _vcpu.IsOnline:
                    _vcpu.Runstate.Enter(RunstateKind.Running);
                    _vcpu.Request(missed & ~VcpuRequests.StateChanged);
                    return true;
                default:
                    _vcpu.Runstate.Enter(RunstateKind.Offline);
                    _vcpu.Timers.Unwatch();
                    _vcpu.Wait(long.MaxValue, wakeOnEvent: false);
                    missed |= _vcpu.TakeRequests();
                    _vcpu.TellCode();
                    break;
            }
        }
    }
}
