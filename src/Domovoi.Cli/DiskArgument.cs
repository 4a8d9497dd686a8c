// SPDX-License-Identifier: MIT
using System.CommandLine;
using Domovoi.Contracts;
using Domovoi.Toolstack.Configuration.Disks;

namespace Domovoi.Cli;

/// <summary>The argument that names a disk as the guest does.</summary>
internal static class DiskArgument
{
    internal static Argument<string> Name() => new("vdev") { Description = "The disk: xvdb, or its number." };

    internal static int NumberOf(string name) => VirtualDeviceName.NumberOf(name)
        ?? throw new ProblemException("no-such-disk", $"\"{name}\" is not the name of a virtual disk", $"expected {VirtualDeviceName.Expected}");
}
