// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;

namespace Domovoi.Backends.Xenbus;

public sealed class DeviceBusTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);
    private readonly TestGuest _guest = new();
    private readonly DeviceBus _bus;
    private readonly EchoDevice _device = new();

    public DeviceBusTests()
    {
        _bus = new DeviceBus(_guest.Domain);
        Assert.True(_bus.TryAdd(_device));
    }

    public void Dispose()
    {
        _bus.Dispose();
        _guest.Dispose();
    }

    [Fact]
    public void Device_IsShownAsTheToolstackDoes()
    {
        Assert.Equal("/local/domain/0/backend/echo/7/3", Front("backend"));
        Assert.Equal("/local/domain/7/device/echo/3", Back("frontend"));
        Assert.Equal(("1", "0", "7", "1"), (Front("state"), Front("backend-id"), Back("frontend-id"), Back("online")));
        Assert.Equal(("1", "front"), (Back("feature-echo"), Front("side")));
        Assert.Equal("(n7)(r0)", Permissions(_device.Address.Front(TestGuest.Id)));
        Assert.Equal("(n0)(r7)", Permissions(_device.Address.Back(TestGuest.Id)));
        WaitFor(XenbusState.InitWait);
    }

    [Fact]
    public void FrontEnd_ThatShowsItsRing_IsServedUntilItCloses()
    {
        ShowRing();
        SetFront(XenbusState.Initialised);
        WaitFor(XenbusState.Connected);
        SetFront(XenbusState.Connected);
        SetFront(XenbusState.Closing);
        WaitFor(XenbusState.Closing);
        Assert.Equal(0, _device.Disconnects);               // it may still have requests under way
        SetFront(XenbusState.Closed);
        WaitFor(XenbusState.Closed);
        Assert.Equal((1, 1), (_device.Connects, _device.Disconnects));
    }

    [Fact]
    public void FrontEnd_ThatClosed_MayComeBack()
    {
        ConnectAndClose();
        SetFront(XenbusState.Initialising);
        WaitFor(XenbusState.InitWait);
        ConnectAndClose();
        Assert.Equal((2, 2), (_device.Connects, _device.Disconnects));
    }

    [Fact]
    public void FrontEnd_ThatStartsAnewWithoutClosing_IsDisconnectedFirst()
    {
        ShowRing();
        SetFront(XenbusState.Connected);
        WaitFor(XenbusState.Connected);
        SetFront(XenbusState.Initialising);
        WaitFor(XenbusState.InitWait);
        Assert.Equal((1, 1), (_device.Connects, _device.Disconnects));
    }

    [Theory]
    [InlineData("ring-ref", "99999", "ring-ref: not granted to domain 0 for writing")]
    [InlineData("ring-ref", "-1", "ring-ref is not a number")]
    [InlineData("event-channel", "77", "event-channel: port 77 does not wait for domain 0")]
    [InlineData("event-channel", "x", "event-channel is not a number")]
    public void FrontEnd_ThatShowsNonsense_IsToldAndClosed(string node, string value, string error)
    {
        ShowRing();
        _guest.Store.Write(_device.Address.Front(TestGuest.Id).Child(node), value);
        SetFront(XenbusState.Initialised);
        WaitFor(XenbusState.Closing);
        Assert.Equal(error, Back("error"));
        Assert.Equal([$"echo/3: the guest's driver cannot be served: {error}."], _guest.Log);
    }

    [Theory]
    [InlineData("")]
    [InlineData("four")]
    [InlineData("99")]
    public void State_ThatIsNone_DisconnectsOnly(string state)
    {
        ShowRing();
        SetFront(XenbusState.Connected);
        WaitFor(XenbusState.Connected);
        _guest.Store.Write(_device.Address.Front(TestGuest.Id).Child("state"), state);
        WaitFor(XenbusState.Closed);
        Assert.Equal(1, _device.Disconnects);
    }

    [Fact]
    public void Detach_OfAConnectedDevice_WaitsForTheGuest()
    {
        ShowRing();
        SetFront(XenbusState.Connected);
        WaitFor(XenbusState.Connected);
        Assert.False(_bus.TryDetach(_device.Address, Patience, force: false));
        Assert.Equal(("0", "5"), (Back("online"), Back("state")));
        SetFront(XenbusState.Closed);
        Assert.True(_bus.TryDetach(_device.Address, TimeSpan.FromSeconds(20), force: false));
        Assert.Null(Front("state"));
        Assert.Null(Back("state"));
    }

    [Fact]
    public void Detach_ByForce_DoesNotAsk()
    {
        ShowRing();
        SetFront(XenbusState.Connected);
        WaitFor(XenbusState.Connected);
        Assert.True(_bus.TryDetach(_device.Address, Patience, force: true));
        Assert.Equal(1, _device.Disconnects);
        Assert.Null(Back("state"));
        Assert.True(_bus.TryAdd(_device));
    }

    [Fact]
    public void Detach_OfADeviceNoDriverTook_IsDoneAtOnce() =>
        Assert.True(_bus.TryDetach(_device.Address, TimeSpan.FromSeconds(20), force: false));

    [Fact]
    public void Signal_OfTheGuest_WakesAndIsAnswered()
    {
        EventPort port = ShowRing();
        SetFront(XenbusState.Connected);
        WaitFor(XenbusState.Connected);
        TestGuest.Until(() => _guest.Vcpu.Notified >= 1);   // bound with one signal at once
        SetFront(XenbusState.Closed);
        WaitFor(XenbusState.Closed);
        Assert.NotNull(_guest.Events.BindBackend(port, static () => { }));
    }

    private EventPort ShowRing()
    {
        EventPort port = _guest.Events.AllocateForBackend();
        NodePath front = _device.Address.Front(TestGuest.Id);
        _guest.Store.Write(front.Child("ring-ref"), $"{_guest.NewGrant().Reference.Value}");
        _guest.Store.Write(front.Child("event-channel"), $"{port.Value}");
        return port;
    }

    private void ConnectAndClose()
    {
        ShowRing();
        SetFront(XenbusState.Initialised);
        WaitFor(XenbusState.Connected);
        SetFront(XenbusState.Closed);
        WaitFor(XenbusState.Closed);
    }

    private void SetFront(XenbusState state) => _guest.Store.Write(_device.Address.Front(TestGuest.Id).Child("state"), $"{(int)state}");

    private void WaitFor(XenbusState state) => TestGuest.Until(() => _bus.StateOf(_device.Address) == (int)state);

    private string? Front(string name) => _guest.Store.Read(_device.Address.Front(TestGuest.Id).Child(name));

    private string? Back(string name) => _guest.Store.Read(_device.Address.Back(TestGuest.Id).Child(name));

    private string Permissions(NodePath path) =>
        string.Concat(_guest.Store.Tree.Find(path)!.Permissions.Entries.Select(entry => $"({entry})"));

    /// <summary>Answers each signal with one.</summary>
    private sealed class EchoDevice : IBackendDevice
    {
        private int _connects;
        private int _disconnects;

        internal int Connects => Volatile.Read(ref _connects);

        internal int Disconnects => Volatile.Read(ref _disconnects);

        public DeviceAddress Address => new("echo", 3);

        public IReadOnlyList<KeyValuePair<string, string>> FrontNodes => [new("side", "front")];

        public IReadOnlyList<KeyValuePair<string, string>> BackNodes => [new("feature-echo", "1")];

        public IDisposable Connect(FrontEnd front)
        {
            front.Map("ring-ref");
            Connection connection = new(this, front);
            Interlocked.Increment(ref _connects);
            return connection;
        }

        public void Dispose()
        {
        }

        private sealed class Connection : IDisposable
        {
            private readonly EchoDevice _device;
            private readonly Rings.BackendThread _thread;
            private readonly EventBinding _events;

            internal Connection(EchoDevice device, FrontEnd front)
            {
                _device = device;
                _thread = new Rings.BackendThread("echo", Answer);
                _events = front.Bind("event-channel", _thread.Wake);
                _thread.Start();
            }

            public void Dispose()
            {
                _thread.Dispose();
                Interlocked.Increment(ref _device._disconnects);
            }

            private TimeSpan Answer()
            {
                _events.Raise();
                return Timeout.InfiniteTimeSpan;
            }
        }
    }
}
