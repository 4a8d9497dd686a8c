// SPDX-License-Identifier: MIT
using Domovoi.Toolstack.Cli;

namespace Domovoi.Toolstack.Images;

public sealed class ImageBuildVerbTests
{
    [Theory]
    [InlineData("fedora:40 x.img", "\"fedora:40\" cannot be built")]
    [InlineData("debian:bookworm --release trixie x.img", "two releases are asked for: bookworm and trixie")]
    [InlineData("debian:book/worm x.img", "is no name of a Debian release")]
    [InlineData("debian --size 10 x.img", "10 is not between 1G and 16T")]
    [InlineData("debian --package Bad_Name x.img", "\"Bad_Name\" is no name of a Debian package")]
    [InlineData("debian --hostname -x x.img", "is no host name")]
    [InlineData("debian --ssh-key /proc/version x.img", "/proc/version is no public ssh key")]
    [InlineData("debian --password - x.img", "the password is empty")]
    [InlineData("debian /etc/hostname --password x", "/etc/hostname is there already")]
    public void Build_OfWhatCannotBe_SaysWhy(string arguments, string message)
    {
        using TemporaryDirectory folder = new();
        DomResult result = new Dom(folder.Path).Run(["image", "build", .. arguments.Split(' ')]);
        Assert.NotEqual(0, result.Code);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
    }
}
