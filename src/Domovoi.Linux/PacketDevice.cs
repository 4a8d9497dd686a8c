// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Domovoi.Linux;

/// <summary>A source and sink of Ethernet frames of the host's kernel: a TAP device, or a packet socket on an interface. Never blocks.</summary>
/// <remarks>Each frame has a <c>struct virtio_net_hdr</c> in front, which says what is left to be done on it (linux/virtio_net.h).</remarks>
public sealed unsafe partial class PacketDevice : IDisposable
{
    /// <summary>Bytes of <c>struct virtio_net_hdr</c> in front of each frame.</summary>
    public const int HeaderSize = 10;

    private const int O_RDWR = 2;
    private const int O_NONBLOCK = 0x800;
    private const int O_CLOEXEC = 0x80000;
    private const nuint TUNSETIFF = 0x4004_54CA;
    private const nuint TUNSETOFFLOAD = 0x4004_54D0;
    private const nuint TUNSETVNETHDRSZ = 0x4004_54D8;
    private const nuint TUNSETCARRIER = 0x4004_54E2;
    private const short IFF_TAP = 0x0002;
    private const short IFF_NO_PI = 0x1000;
    private const short IFF_VNET_HDR = 0x4000;
    private const uint ChecksumAndTso = 1 | 2 | 4 | 8;      // TUN_F_CSUM, TSO4, TSO6, TSO_ECN
    private const int NameSize = 16;
    private const int RequestSize = 40;                     // struct ifreq
    private const int AF_PACKET = 17;
    private const int SOCK_RAW = 3;
    private const int SOCK_NONBLOCK = 0x800;
    private const int SOL_PACKET = 263;
    private const int PACKET_ADD_MEMBERSHIP = 1;
    private const int PACKET_AUXDATA = 8;
    private const int PACKET_VNET_HDR = 15;
    private const int ControlSize = 64;
    private const uint TP_STATUS_VLAN_VALID = 1 << 4;
    private const int PACKET_MR_PROMISC = 1;
    private const int SOL_SOCKET = 1;
    private const int SO_RCVBUFFORCE = 33;
    private const int ReceiveBuffer = 8 << 20;
    private const ushort EveryProtocol = 0x0300;            // htons(ETH_P_ALL)

    private readonly SafeFileHandle _handle;
    private readonly bool _isSocket;

    private PacketDevice(SafeFileHandle handle, bool isSocket)
    {
        _handle = handle;
        _isSocket = isSocket;
    }

    /// <summary>For <see cref="PollSet"/>.</summary>
    public int Descriptor => (int)_handle.DangerousGetHandle();

    /// <summary>Makes a TAP device that is gone when it is disposed of, or the process ends in whatever way.</summary>
    public static PacketDevice CreateTap(string name)
    {
        SafeFileHandle handle = Checked(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), nameof(open));
        byte* request = stackalloc byte[RequestSize];
        new Span<byte>(request, RequestSize).Clear();
        Encoding.ASCII.GetBytes(name, new Span<byte>(request, NameSize - 1));
        *(short*)(request + NameSize) = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
        int headerSize = HeaderSize;
        try
        {
            // SAFETY: the arguments are what these ioctls read: a struct ifreq, an int by address, flags by value.
            Check(ioctl(handle, TUNSETIFF, (nint)request), "ioctl(TUNSETIFF)");
            Check(ioctl(handle, TUNSETVNETHDRSZ, (nint)(&headerSize)), "ioctl(TUNSETVNETHDRSZ)");
            Check(ioctl(handle, TUNSETOFFLOAD, (nint)ChecksumAndTso), "ioctl(TUNSETOFFLOAD)");
            return new PacketDevice(handle, isSocket: false);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Sends and receives on an interface beside the host, seeing every frame that comes in.</summary>
    /// <param name="index">Of the interface.</param>
    public static PacketDevice OpenInterface(int index)
    {
        SafeFileHandle handle = Checked(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | O_CLOEXEC, 0), nameof(socket));
        try
        {
            int one = 1;
            int room = ReceiveBuffer;
            Check(setsockopt(handle, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(int)), "setsockopt(PACKET_VNET_HDR)");
            Check(setsockopt(handle, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(int)), "setsockopt(PACKET_AUXDATA)");
            _ = setsockopt(handle, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(int));
            LinkAddress address = new() { Family = AF_PACKET, Protocol = EveryProtocol, Index = index };
            Check(bind(handle, &address, (uint)sizeof(LinkAddress)), nameof(bind));
            Membership membership = new() { Index = index, Type = PACKET_MR_PROMISC };
            Check(setsockopt(handle, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, (uint)sizeof(Membership)), "setsockopt(PACKET_ADD_MEMBERSHIP)");
            return new PacketDevice(handle, isSocket: true);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Takes one frame with its header.</summary>
    /// <param name="buffer">Room for it.</param>
    /// <param name="tag">A VLAN tag that the kernel has taken out of the frame; -1 for none.</param>
    /// <returns>Its length; 0 when none waits.</returns>
    public int Read(Span<byte> buffer, out int tag)
    {
        tag = -1;
        fixed (byte* room = buffer)
        {
            // SAFETY: the kernel writes at most the span's length.
            return (int)Math.Max(0, _isSocket ? Receive(room, (nuint)buffer.Length, ref tag) : read(_handle, room, (nuint)buffer.Length));
        }
    }

    /// <summary>Gives the kernel one frame with its header; false when it does not take it.</summary>
    public bool TryWrite(ReadOnlySpan<byte> frame)
    {
        fixed (byte* bytes = frame)
        {
            // SAFETY: the kernel reads at most the span's length.
            return write(_handle, bytes, (nuint)frame.Length) == frame.Length;
        }
    }

    /// <summary>Plugs a TAP device's cable, or pulls it. Kernels before 5.0 cannot, and leave it plugged.</summary>
    public void SetCarrier(bool isUp)
    {
        int value = isUp ? 1 : 0;
        _ = ioctl(_handle, TUNSETCARRIER, (nint)(&value));
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>recvmsg(2) with <c>struct tpacket_auxdata</c>, packet(7).</summary>
    private nint Receive(byte* room, nuint length, ref int tag)
    {
        byte* control = stackalloc byte[ControlSize];
        IoVector part = new() { Start = room, Length = length };
        MessageHeader message = new() { Parts = &part, PartCount = 1, Control = control, ControlLength = ControlSize };
        nint count = recvmsg(_handle, &message, 0);
        ControlMessage* extra = (ControlMessage*)control;
        if (count > 0 && message.ControlLength >= (nuint)sizeof(ControlMessage) && extra->Level == SOL_PACKET
            && extra->Type == PACKET_AUXDATA && (extra->Status & TP_STATUS_VLAN_VALID) != 0)
        {
            tag = extra->Tag;
        }

        return count;
    }

    private static SafeFileHandle Checked(int descriptor, string call) =>
        descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LinuxException.FromLastError(call);

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw LinuxException.FromLastError(call);
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeFileHandle fd, nuint request, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(SafeFileHandle fd, int level, int name, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(SafeFileHandle fd, LinkAddress* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(SafeFileHandle fd, MessageHeader* message, int flags);

    /// <summary><c>struct iovec</c></summary>
    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary><c>struct msghdr</c></summary>
    [StructLayout(LayoutKind.Sequential, Size = 56)]
    private struct MessageHeader
    {
        public nint Name;
        public nuint NameLength;
        public IoVector* Parts;
        public nuint PartCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary><c>struct cmsghdr</c> with <c>struct tpacket_auxdata</c> behind it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ControlMessage
    {
        public nuint Length;
        public int Level;
        public int Type;
        public uint Status;
        public uint WholeLength;
        public uint KeptLength;
        public ushort Mac;
        public ushort Network;
        public ushort Tag;
        public ushort TagProtocol;
    }

    /// <summary><c>struct sockaddr_ll</c></summary>
    [StructLayout(LayoutKind.Sequential, Size = 20)]
    private struct LinkAddress
    {
        public ushort Family;
        public ushort Protocol;
        public int Index;
    }

    /// <summary><c>struct packet_mreq</c></summary>
    [StructLayout(LayoutKind.Sequential, Size = 16)]
    private struct Membership
    {
        public int Index;
        public ushort Type;
    }
}
