// SPDX-License-Identifier: MIT
using Domovoi.KernelImages;
using Domovoi.KernelImages.Caching;
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

/// <summary>Builds domains from distribution kernels, where there are any: those fetched by <c>dom try</c>, or named by a variable.</summary>
public sealed class DebianKernelTests
{
    /// <summary>Kernel files, parted by colons; without it, the fetched ones.</summary>
    private const string Variable = "DOMOVOI_TEST_KERNELS";

    [Fact]
    public void Load_EachKernelThereIs_GivesTablesThatCanBePinned()
    {
        string[] kernels = Kernels();
        Assert.SkipWhen(kernels.Length == 0, $"No kernel: neither fetched by 'dom try' nor named in {Variable}.");
        foreach (string path in kernels)
        {
            using KernelImage kernel = new KernelCache(null).Open(path);
            using LoadedGuest guest = LoadedGuest.Load(kernel, ramdisk: new byte[1 << 20], pages: 65536);

            Assert.Equal(XenError.None, new PageTables(guest.Frames).Pin(guest.State.Root, 4));
            Assert.NotEqual(0UL, guest.EntryOf(guest.State.Entry));
            Assert.NotEqual(new byte[16], guest.Read(guest.State.Entry, 16));
            Assert.Equal("xen-3.0-x86_64"u8, guest.Read(guest.State.StartInfoAddress, 14));
        }
    }

    private static string[] Kernels()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return named.Split(':');
        }

        string cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string kernel = Path.Combine(cache, "domovoi", "debian", "vmlinuz");
        return File.Exists(kernel) ? [kernel] : [];
    }
}
