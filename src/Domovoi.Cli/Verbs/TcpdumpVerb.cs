// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Domovoi.Contracts;
using Domovoi.Contracts.Control;
using Domovoi.Contracts.Networks;
using Domovoi.Linux;
using Domovoi.Toolstack.Registry;

namespace Domovoi.Cli.Verbs;

/// <summary>Captures the frames of one vif, as its guest sends and gets them.</summary>
internal static class TcpdumpVerb
{
    private const int WholeFrames = 262144;

    internal static Command Build(Session session)
    {
        Argument<string> vif = new("vif") { Description = "vifDOMAIN.NUMBER with the domain's id, or DOMAIN/NUMBER, or DOMAIN for its first." };
        Option<string> file = new("-w") { Description = "The file to write, for tcpdump -r or wireshark; - for standard output.", HelpName = "file", Required = true };
        Option<int> count = new("-c") { Description = "End after so many frames.", HelpName = "frames" };
        Option<int> snap = new("-s") { Description = "Keep so many bytes of each frame.", HelpName = "bytes", DefaultValueFactory = static _ => WholeFrames };
        Verb verb = new(
            "tcpdump",
            "Capture a vif's frames in libpcap's format, until it is interrupted.",
            "dom tcpdump vif1.0 -w guest.pcap",
            "dom tcpdump debian -w - | tcpdump -n -r -")
        {
            vif, file, count, snap,
        };
        verb.SetAction(parsed => Run(
            session, parsed.GetValue(vif)!, parsed.GetValue(file)!, parsed.GetValue(count), parsed.GetValue(snap)));
        return verb;
    }

    private static int Run(Session session, string vif, string file, int count, int snap)
    {
        (DomainEntry entry, string number) = Find(session, vif);
        using ControlClient client = DomainRegistry.Connect(entry);
        NicStatus nic = NicArgument.Find(client.NetworkList(), number);
        using Stream output = file == "-" ? new DescriptorStream(1) : Create(file);
        string path = Path.Combine(entry.Folder.Path, string.Create(CultureInfo.InvariantCulture, $"capture-{Environment.ProcessId}.sock"));
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(SocketAddress.Of(path));
            listener.Listen(1);
            client.NetworkCapture(new NicCapture(nic.Specification.Index, path, snap));
            using Socket stream = listener.Accept();
            File.Delete(path);
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            session.Error.WriteLine($"dom: capturing vif {nic.Specification.Index} of '{entry.Record.Name}' ({nic.Specification.Mac}); Ctrl-C ends it");
            long frames = Copy(stream, output, count);
            session.Error.WriteLine($"dom: {frames} frames captured");

            void Stop(PosixSignalContext context)
            {
                context.Cancel = true;
                stream.Shutdown(SocketShutdown.Both);
            }
        }
        finally
        {
            File.Delete(path);
        }

        return ExitCode.Success;
    }

    private static FileStream Create(string file)
    {
        try
        {
            return File.Create(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException("capture-file", $"{file} cannot be written: {e.Message}", "name a file in a folder that is there and yours, or - for standard output");
        }
    }

    /// <summary>Copies whole records only, so that the file can be read however the capture ends.</summary>
    private static long Copy(Socket socket, Stream output, int count)
    {
        using NetworkStream input = new(socket);
        byte[] buffer = new byte[WholeFrames + 16];
        long frames = 0;
        if (!TryRead(input, buffer.AsSpan(0, 24)))
        {
            return 0;
        }

        output.Write(buffer.AsSpan(0, 24));
        output.Flush();
        while ((count == 0 || frames < count) && TryRead(input, buffer.AsSpan(0, 16)))
        {
            int length = BitConverter.ToInt32(buffer, 8);
            if (length < 0 || length > WholeFrames || !TryRead(input, buffer.AsSpan(16, length)))
            {
                break;
            }

            output.Write(buffer.AsSpan(0, 16 + length));
            output.Flush();
            frames++;
        }

        return frames;
    }

    private static bool TryRead(NetworkStream input, Span<byte> buffer)
    {
        try
        {
            return input.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) == buffer.Length;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static (DomainEntry Entry, string Number) Find(Session session, string vif)
    {
        string[] halves = vif.StartsWith("vif", StringComparison.Ordinal) && vif[3..].Split('.') is [var id, var index]
            && id.All(char.IsAsciiDigit) && index.All(char.IsAsciiDigit) ? [id, index] : vif.Split('/');
        return halves.Length <= 2
            ? (session.Registry.Living(halves[0]), halves.Length == 2 ? halves[1] : "0")
            : throw new ProblemException("usage", $"\"{vif}\" names no vif", "write vif1.0, debian/0 or debian");
    }
}
