// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Domovoi.Guests;

/// <summary>The host's own <c>ssh</c> at a port that leads to a guest; without ssh, the test is skipped.</summary>
internal sealed class SshLogin(int port, string key)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>A port of 127.0.0.1 that nobody listens on.</summary>
    internal static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Runs a command on a terminal of the guest's (<c>ssh -tt</c>), whose two streams are one.</summary>
    internal DomResult OnTerminal(string command) => HostProgram.Run("ssh", Arguments("-tt", command));

    internal DomResult Run(string command) => HostProgram.Run("ssh", Arguments("-T", command));

    /// <summary>Tries until the guest lets us in.</summary>
    internal async Task ComesUpAsync()
    {
        Stopwatch clock = Stopwatch.StartNew();
        DomResult result;
        while ((result = Run("true")).ExitCode != 0)
        {
            Assert.True(clock.Elapsed < s_patience, $"No login within {s_patience}: {result.Error}");
            await Task.Delay(200);
        }
    }

    private string[] Arguments(string terminal, string command) =>
    [
        terminal, "-i", key, "-p", port.ToString(CultureInfo.InvariantCulture),
        "-o", "BatchMode=yes", "-o", "ConnectTimeout=20", "-o", "LogLevel=ERROR", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        "root@127.0.0.1", command,
    ];
}
