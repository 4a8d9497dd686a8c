// SPDX-License-Identifier: MIT
namespace Domovoi.Storage.Nbd;

public sealed class NbdAddressTests
{
    [Theory]
    [InlineData("nbd://host/disk", "host", 10809, null, "disk")]
    [InlineData("nbd://host", "host", 10809, null, "")]
    [InlineData("nbd://[::1]:99/a%20b", "::1", 99, null, "a b")]
    [InlineData("nbd+unix:///disk?socket=/run/a%2Cb.sock", null, 0, "/run/a,b.sock", "disk")]
    [InlineData("nbd+unix:///?socket=/run/x", null, 0, "/run/x", "")]
    public void Address_IsTaken(string text, string? host, int port, string? socket, string export) =>
        Assert.Equal(new NbdAddress(host, port, socket, export), NbdAddress.Parse(text));

    [Theory]
    [InlineData("nbd://")]
    [InlineData("nbd+unix:///disk")]
    [InlineData("nbd+unix:///disk?socket=")]
    [InlineData("http://host/disk")]
    [InlineData("/srv/a.img")]
    public void Nonsense_IsRefused(string text) =>
        Assert.Equal("nbd-address", Assert.Throws<DiskException>(() => NbdAddress.Parse(text)).Code);
}
