// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages;

public sealed class KernelUnpackerTests
{
    [Fact]
    public void Unpack_EmptyFile_SaysItIsNoKernel()
    {
        KernelImageException error = Assert.Throws<KernelImageException>(() => KernelUnpacker.Unpack(default));

        Assert.Equal("kernel-unrecognised", error.Code);
    }
}
