// SPDX-License-Identifier: MIT
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>How a <see cref="SlirpLibrary"/> network looks to its guest.</summary>
/// <param name="Network">Of the guest, with its mask.</param>
/// <param name="Host">The gateway's address in it.</param>
/// <param name="Guest">What DHCP gives out first.</param>
/// <param name="NameServer">Where DNS is answered.</param>
/// <param name="HostName">Told by DHCP; null for none.</param>
/// <param name="MaximumPacket">The longest IP packet either way.</param>
/// <param name="WithIpv6">Whether router advertisements are sent.</param>
/// <param name="WithHostLoopback">Whether the gateway's address leads to this process's loopback addresses.</param>
public sealed record SlirpSettings(
    IPNetwork Network, IPAddress Host, IPAddress Guest, IPAddress NameServer, string? HostName, int MaximumPacket, bool WithIpv6, bool WithHostLoopback);

/// <summary>libslirp: a TCP/IP stack in user space that turns a guest's packets into this process's own sockets. Belongs to one thread.</summary>
/// <remarks>The caller's loop: <see cref="Prepare"/>, wait, <see cref="Serve"/>; <see cref="Input"/> at any time between.</remarks>
public sealed unsafe partial class SlirpLibrary : IDisposable
{
    /// <summary>The file whose absence makes the constructor throw <see cref="DllNotFoundException"/>.</summary>
    public const string FileName = "libslirp.so.0";

    private const uint ConfigurationVersion = 4;
    private const int SLIRP_HOSTFWD_UDP = 1;

    private readonly GCHandle _self;
    private readonly nint _callbacks;
    private readonly Action<ReadOnlySpan<byte>> _output;
    private readonly TimeProvider _time;
    private nint _slirp;
    private nint _routerTimer;
    private long _routerDue = long.MaxValue;
    private PollSet? _set;

    /// <param name="settings">The guest's network.</param>
    /// <param name="output">Gets each frame for the guest; called inside the other methods, and must not call back.</param>
    /// <param name="time">Runs the library's timers.</param>
    public SlirpLibrary(SlirpSettings settings, Action<ReadOnlySpan<byte>> output, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(settings);
        NativeLibrary.Load(FileName, typeof(SlirpLibrary).Assembly, null);
        _output = output;
        _time = time;
        _self = GCHandle.Alloc(this);
        _callbacks = (nint)NativeMemory.AllocZeroed((nuint)sizeof(Callbacks));
        *(Callbacks*)_callbacks = new Callbacks
        {
            SendPacket = &SendPacket,
            GuestError = &IgnoreText,
            Clock = &Clock,
            NewTimerWithFunction = 0,                      // the one below is used instead
            TimerFree = &IgnoreTimer,
            TimerModify = &ModifyTimer,
            RegisterDescriptor = &IgnoreDescriptor,
            UnregisterDescriptor = &IgnoreDescriptor,
            Notify = &Ignore,
            InitCompleted = &IgnoreTimer,
            NewTimer = &NewTimer,
        };
        _slirp = Create(settings);
        if (_slirp == 0)
        {
            Dispose();
            throw new InvalidOperationException($"{FileName} refused the network's settings.");
        }
    }

    /// <summary>Whether this host has it.</summary>
    public static bool IsInstalled => NativeLibrary.TryLoad(FileName, typeof(SlirpLibrary).Assembly, null, out _);

    /// <summary>Which one it is, as it says itself.</summary>
    public static string Version => Marshal.PtrToStringUTF8(slirp_version_string()) ?? "";

    /// <summary>Listens on the host for a port of the guest.</summary>
    /// <returns>false when the host's port cannot be had.</returns>
    public bool TryForward(bool isUdp, IPEndPoint host, IPEndPoint guest)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(guest);
        Span<byte> from = stackalloc byte[28];
        Span<byte> to = stackalloc byte[28];
        int fromLength = Write(host, from);
        int toLength = Write(guest, to);
        fixed (byte* source = from, target = to)
        {
            // SAFETY: both are complete socket addresses of the lengths given, and are copied by the library.
            return slirp_add_hostxfwd(_slirp, source, (uint)fromLength, target, (uint)toLength, isUdp ? SLIRP_HOSTFWD_UDP : 0) == 0;
        }
    }

    /// <summary>Takes a frame of the guest.</summary>
    public void Input(ReadOnlySpan<byte> frame)
    {
        fixed (byte* bytes = frame)
        {
            // SAFETY: the library copies the frame before it returns.
            slirp_input(_slirp, bytes, frame.Length);
        }
    }

    /// <summary>Adds the library's sockets to a wait.</summary>
    /// <returns>The longest it may be.</returns>
    public TimeSpan Prepare(PollSet set)
    {
        uint timeout = uint.MaxValue;
        _set = set;
        slirp_pollfds_fill(_slirp, &timeout, &AddDescriptor, GCHandle.ToIntPtr(_self));
        TimeSpan longest = timeout == uint.MaxValue ? TimeSpan.FromHours(1) : TimeSpan.FromMilliseconds(timeout);
        if (_routerDue != long.MaxValue)
        {
            TimeSpan untilDue = TimeSpan.FromMilliseconds(Math.Max(0, _routerDue - Milliseconds()));
            longest = untilDue < longest ? untilDue : longest;
        }

        return longest;
    }

    /// <summary>Does what the wait found, and what has become due.</summary>
    public void Serve(PollSet set)
    {
        _set = set;
        slirp_pollfds_poll(_slirp, 0, &GetResult, GCHandle.ToIntPtr(_self));
        if (_routerDue <= Milliseconds())
        {
            _routerDue = long.MaxValue;
            slirp_handle_timer(_slirp, 0, _routerTimer);
        }
    }

    public void Dispose()
    {
        if (_slirp != 0)
        {
            slirp_cleanup(_slirp);
            _slirp = 0;
        }

        if (_self.IsAllocated)
        {
            _self.Free();
            NativeMemory.Free((void*)_callbacks);
        }
    }

    private nint Create(SlirpSettings settings)
    {
        Configuration configuration = new()
        {
            Version = ConfigurationVersion,
            InEnabled = 1,
            Network = Address(settings.Network.BaseAddress),
            Mask = BitConverter.IsLittleEndian
                ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(uint.MaxValue << (32 - settings.Network.PrefixLength))
                : 0,
            Host = Address(settings.Host),
            In6Enabled = settings.WithIpv6 ? (byte)1 : (byte)0,
            PrefixLength = 64,
            DhcpStart = Address(settings.Guest),
            NameServer = Address(settings.NameServer),
            MaximumTransmit = (nuint)settings.MaximumPacket,
            MaximumReceive = (nuint)settings.MaximumPacket,
            DisableHostLoopback = settings.WithHostLoopback ? (byte)0 : (byte)1,
        };
        // The addresses that QEMU's users know: fec0::/64, the host at ::2, its name server at ::3.
        configuration.Prefix6[0] = configuration.Host6[0] = configuration.NameServer6[0] = 0xFE;
        configuration.Prefix6[1] = configuration.Host6[1] = configuration.NameServer6[1] = 0xC0;
        configuration.Host6[15] = 2;
        configuration.NameServer6[15] = 3;
        nint name = settings.HostName is null ? 0 : Marshal.StringToCoTaskMemUTF8(settings.HostName);
        configuration.HostName = name;

        // SAFETY: the callbacks live until Dispose; the library copies the configuration and the name.
        nint slirp = slirp_new(&configuration, (Callbacks*)_callbacks, GCHandle.ToIntPtr(_self));
        Marshal.FreeCoTaskMem(name);
        return slirp;
    }

    private static uint Address(IPAddress address) => MemoryMarshal.Read<uint>(address.GetAddressBytes());

    /// <summary>A <c>sockaddr_in</c> or <c>sockaddr_in6</c>.</summary>
    private static int Write(IPEndPoint point, Span<byte> target)
    {
        SocketAddress address = point.Serialize();
        address.Buffer.Span[..address.Size].CopyTo(target);
        return address.Size;
    }

    private long Milliseconds() => (long)(_time.GetTimestamp() * 1000.0 / _time.TimestampFrequency);

    private static SlirpLibrary Of(nint opaque) => (SlirpLibrary)GCHandle.FromIntPtr(opaque).Target!;

    // SAFETY, for all callbacks: opaque is the handle of an instance that is inside one of its methods, on that thread; none throws.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint SendPacket(byte* frame, nuint length, nint opaque)
    {
        Of(opaque)._output(new ReadOnlySpan<byte>(frame, (int)length));
        return (nint)length;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static long Clock(nint opaque)
    {
        TimeProvider time = Of(opaque)._time;
        return (long)(time.GetTimestamp() * (1e9 / time.TimestampFrequency));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint NewTimer(int id, nint timerOpaque, nint opaque)
    {
        Of(opaque)._routerTimer = timerOpaque;              // there is one kind: router advertisements
        return 1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ModifyTimer(nint timer, long due, nint opaque) => Of(opaque)._routerDue = due;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int AddDescriptor(int descriptor, int events, nint opaque) =>
        Of(opaque)._set!.Add(descriptor, FromSlirp(events));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetResult(int place, nint opaque) => ToSlirp(Of(opaque)._set!.Result(place));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void IgnoreText(nint message, nint opaque)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void IgnoreTimer(nint timer, nint opaque)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void IgnoreDescriptor(int descriptor, nint opaque)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(nint opaque)
    {
    }

    /// <summary><c>SLIRP_POLL_*</c>: IN 1, OUT 2, PRI 4, ERR 8, HUP 16.</summary>
    private static PollEvents FromSlirp(int events) =>
        (PollEvents)(events & 1) | ((events & 2) != 0 ? PollEvents.Out : 0) | ((events & 4) != 0 ? PollEvents.Priority : 0);

    private static int ToSlirp(PollEvents events) =>
        (int)(events & (PollEvents.In | PollEvents.Error | PollEvents.HangUp))
        | ((events & PollEvents.Out) != 0 ? 2 : 0) | ((events & PollEvents.Priority) != 0 ? 4 : 0);

    [LibraryImport(FileName)]
    private static partial nint slirp_new(Configuration* cfg, Callbacks* callbacks, nint opaque);

    [LibraryImport(FileName)]
    private static partial void slirp_cleanup(nint slirp);

    [LibraryImport(FileName)]
    private static partial void slirp_input(nint slirp, byte* pkt, int pkt_len);

    [LibraryImport(FileName)]
    private static partial void slirp_pollfds_fill(
        nint slirp, uint* timeout, delegate* unmanaged[Cdecl]<int, int, nint, int> add_poll, nint opaque);

    [LibraryImport(FileName)]
    private static partial void slirp_pollfds_poll(
        nint slirp, int select_error, delegate* unmanaged[Cdecl]<int, nint, int> get_revents, nint opaque);

    [LibraryImport(FileName)]
    private static partial void slirp_handle_timer(nint slirp, int id, nint cb_opaque);

    [LibraryImport(FileName)]
    private static partial int slirp_add_hostxfwd(nint slirp, byte* haddr, uint haddrlen, byte* gaddr, uint gaddrlen, int flags);

    [LibraryImport(FileName)]
    private static partial nint slirp_version_string();

    /// <summary><c>SlirpConfig</c>, libslirp.h.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 184)]
    private struct Configuration
    {
        [FieldOffset(0)] public uint Version;
        [FieldOffset(8)] public byte InEnabled;
        [FieldOffset(12)] public uint Network;
        [FieldOffset(16)] public uint Mask;
        [FieldOffset(20)] public uint Host;
        [FieldOffset(24)] public byte In6Enabled;
        [FieldOffset(28)] public fixed byte Prefix6[16];
        [FieldOffset(44)] public byte PrefixLength;
        [FieldOffset(48)] public fixed byte Host6[16];
        [FieldOffset(64)] public nint HostName;
        [FieldOffset(96)] public uint DhcpStart;
        [FieldOffset(100)] public uint NameServer;
        [FieldOffset(104)] public fixed byte NameServer6[16];
        [FieldOffset(136)] public nuint MaximumTransmit;
        [FieldOffset(144)] public nuint MaximumReceive;
        [FieldOffset(152)] public byte DisableHostLoopback;
    }

    /// <summary><c>SlirpCb</c>, libslirp.h.</summary>
    private struct Callbacks
    {
        public delegate* unmanaged[Cdecl]<byte*, nuint, nint, nint> SendPacket;
        public delegate* unmanaged[Cdecl]<nint, nint, void> GuestError;
        public delegate* unmanaged[Cdecl]<nint, long> Clock;
        public nint NewTimerWithFunction;
        public delegate* unmanaged[Cdecl]<nint, nint, void> TimerFree;
        public delegate* unmanaged[Cdecl]<nint, long, nint, void> TimerModify;
        public delegate* unmanaged[Cdecl]<int, nint, void> RegisterDescriptor;
        public delegate* unmanaged[Cdecl]<int, nint, void> UnregisterDescriptor;
        public delegate* unmanaged[Cdecl]<nint, void> Notify;
        public delegate* unmanaged[Cdecl]<nint, nint, void> InitCompleted;
        public delegate* unmanaged[Cdecl]<int, nint, nint, nint> NewTimer;
    }
}
