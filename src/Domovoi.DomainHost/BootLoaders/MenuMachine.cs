// SPDX-License-Identifier: MIT
using System.Text;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Registry;
using Domovoi.DomainHost.Machines;
using Domovoi.GuestDisks.Grub;

namespace Domovoi.DomainHost.BootLoaders;

/// <summary>A machine that shows the guest's boot menu first, and becomes the guest when an entry is chosen.</summary>
internal sealed class MenuMachine : IMachine
{
    private readonly GuestBoot _boot;
    private readonly MachineParts _parts;
    private readonly Func<MachineParts, IMachine> _build;
    private readonly CancellationTokenSource _stopped = new();
    private readonly TaskCompletionSource<MachineEnd> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private readonly Lock _gate = new();                    // guards all below
    private IMachine? _guest;
    private bool _isPaused;
    private bool _isGuestStarted;

    internal MenuMachine(GuestBoot boot, MachineParts parts, Func<MachineParts, IMachine> build)
    {
        (_boot, _parts, _build) = (boot, parts, build);
        _thread = new Thread(Run) { Name = "boot menu", IsBackground = true };
    }

    public Task<MachineEnd> Completion => _completion.Task;

    public void Start() => _thread.Start();

    public void Pause()
    {
        lock (_gate)
        {
            _isPaused = true;
            if (_isGuestStarted)
            {
                _guest!.Pause();
            }
        }
    }

    public void Unpause()
    {
        lock (_gate)
        {
            _isPaused = false;
            if (_isGuestStarted)
            {
                _guest!.Unpause();
            }
            else if (_guest is { } ready)
            {
                _isGuestStarted = true;
                ready.Start();
            }
        }
    }

    public void Destroy()
    {
        _stopped.Cancel();
        lock (_gate)
        {
            _guest?.Destroy();
        }

        _completion.TrySetResult(new MachineEnd(EndReason.Destroyed));
    }

    public void Pin(VcpuPinning pinning)
    {
        lock (_gate)
        {
            (_guest ?? throw new ProblemException("domain-in-menu", "The guest's boot menu is shown; it has no vCPUs yet.")).Pin(pinning);
        }
    }

    public IReadOnlyList<string> DescribeCode()
    {
        IMachine? guest;
        lock (_gate)
        {
            guest = _guest;
        }

        return guest?.DescribeCode() ?? [];
    }

    public MachineMeasure Measure()
    {
        lock (_gate)
        {
            return _guest?.Measure() ?? new MachineMeasure(TimeSpan.Zero, [], 0, new Dictionary<string, long>());
        }
    }

    public void Dispose()
    {
        _stopped.Cancel();
        if (_thread.ThreadState != ThreadState.Unstarted && Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }

        _guest?.Dispose();
        _boot.Dispose();
        _stopped.Dispose();
    }

    private void Run()
    {
        try
        {
            MenuScreen screen = new(_boot.Menu, _parts.Transcript, _parts.Input, TimeProvider.System);
            if (screen.Choose(_stopped.Token) is { } entry)
            {
                Become(_boot.Build(entry, _build));
            }
        }
#pragma warning disable CA1031 // Whatever keeps the guest from booting is told, and ends this boot.
        catch (Exception e)
#pragma warning restore CA1031
        {
            string hint = e is ProblemException { Problem.Hint: { } words } ? $" ({words})" : "";
            _parts.Transcript.Append(Encoding.UTF8.GetBytes($"\r\nThe guest cannot be booted: {e.Message}{hint}\r\n"));
            _completion.TrySetResult(new MachineEnd(EndReason.HostFailure, e.Message));
        }
    }

    private void Become(IMachine guest)
    {
        lock (_gate)
        {
            _guest = guest;
            guest.Completion.ContinueWith(end => _completion.TrySetResult(end.Result), TaskScheduler.Default);
            if (_stopped.IsCancellationRequested)
            {
                guest.Destroy();
            }
            else if (!_isPaused)
            {
                _isGuestStarted = true;
                guest.Start();
            }
        }
    }
}
