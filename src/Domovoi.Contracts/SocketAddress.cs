// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Text;

namespace Domovoi.Contracts;

/// <summary>Unix socket addresses of any length: sun_path ends at 108 bytes, paths do not.</summary>
public static class SocketAddress
{
    private const int MaximumPath = 107;

    /// <summary>The address of a path; one that is too long is spelled from the current directory.</summary>
    public static UnixDomainSocketEndPoint Of(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) <= MaximumPath)
        {
            return new UnixDomainSocketEndPoint(path);
        }

        string relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return Encoding.UTF8.GetByteCount(relative) <= MaximumPath
            ? new UnixDomainSocketEndPoint(relative)
            : throw new ProblemException(
                "path-too-long",
                $"The path {path} is too long for a Unix socket.",
                "Set DOMOVOI_RUN_DIR to a shorter directory.");
    }
}
