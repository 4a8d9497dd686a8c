// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Text;
using Domovoi.Linux;
using Domovoi.Network.Endpoints;
using Domovoi.Network.Frames;

namespace Domovoi.Fuzz.Networks;

/// <summary>A process that connects to a port of a private switch and says what it likes: the port goes on serving those that are honest.</summary>
internal sealed class SwitchTarget : IFuzzTarget
{
    private static readonly string[] Names = ["vif9.0", "", "..", "../up", "a/b", "vif1.0", "\0", new('x', 300), "é", ".port"];

    private readonly string _folder = Directory.CreateTempSubdirectory("fz").FullName;

    public void Run(Random random)
    {
        string folder = Path.Combine(_folder, "s");
        using SwitchEndpoint port = SwitchEndpoint.Join(folder, "vif1.0", TimeProvider.System);
        FrameWitness guest = new();
        List<Socket> strangers = [];
        for (int steps = random.Next(2, 20); steps > 0; steps--)
        {
            switch (random.Next(4))
            {
                case 0 or 1 when strangers.Count > 0:
                    Say(random, random.OneOf<Socket>(strangers.ToArray()));
                    break;
                case 2 when strangers.Count > 0:
                    strangers[0].Dispose();
                    strangers.RemoveAt(0);
                    break;
                default:
                    strangers.Add(Stranger(random, folder));
                    break;
            }

            Turn(port, guest);
        }

        strangers.ForEach(static socket => socket.Dispose());
        CheckHonest(port, guest, folder);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(_folder), entry => entry != folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Socket Stranger(Random random, string folder)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified) { Blocking = false };
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(folder, "vif1.0.port")));
        if (!random.Chance(6))
        {
            Send(socket, Encoding.UTF8.GetBytes(random.OneOf<string>(Names)));
        }

        return socket;
    }

    /// <summary>A frame behind its <c>struct virtio_net_hdr</c>, of which any byte may be anything.</summary>
    private static void Say(Random random, Socket socket)
    {
        byte[] message = [.. new byte[12], .. SampleFrames.Any(random)];
        Mutation.Damage(random, message, random.Chance(2) ? [0, 1, 2, 4, 6, 8, 10] : [], most: 4);
        Send(socket, message.AsSpan(0, random.Chance(8) ? random.Next(Math.Min(20, message.Length)) : message.Length));
    }

    private static void Send(Socket socket, ReadOnlySpan<byte> message) => socket.Send(message, SocketFlags.None, out SocketError _);

    private static void Turn(SwitchEndpoint port, FrameWitness guest)
    {
        PollSet set = new();
        for (int i = 0; i < 2; i++)
        {
            set.Clear();
            port.Prepare(set, guest);
            set.Wait(TimeSpan.Zero);
            port.Receive(set, guest);
        }
    }

    /// <summary>Another port plugs in and is heard.</summary>
    private static void CheckHonest(SwitchEndpoint port, FrameWitness guest, string folder)
    {
        using SwitchEndpoint other = SwitchEndpoint.Join(folder, "vif2.0", TimeProvider.System);
        Turn(port, guest);
        guest.Seen.Clear();
        Frame frame = new();
        frame.CopyFrom([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0x16, 0x3E, 0, 0, 2, 0x90, 0, .. new byte[46]]);
        other.Send(frame);
        for (int i = 0; i < 20 && guest.Seen.Count == 0; i++)
        {
            Turn(port, guest);
        }

        Assert.Equal(60, Assert.Single(guest.Seen).Length);
    }
}
