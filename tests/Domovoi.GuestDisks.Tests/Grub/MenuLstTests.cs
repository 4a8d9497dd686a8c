// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Grub;

public sealed class MenuLstTests
{
    private const string Text = """
        # a comment
        default         1
        timeout 3
        hiddenmenu
        title           Debian GNU/Linux, kernel 2.6.26-2-xen-amd64
        root            (hd0,0)
        kernel          /boot/vmlinuz-2.6.26-2-xen-amd64 root=/dev/xvda1 ro
        initrd          /boot/initrd.img-2.6.26-2-xen-amd64

        title           Debian GNU/Linux (single)
        root            (hd0,1)
        kernel          --type=linux /vmlinuz root=/dev/xvda2 ro single
        initrd          (hd0,0)/initrd.img
        """;

    [Fact]
    public void Menu_ReadsAsGrubOneReadIt()
    {
        BootMenu menu = MenuLst.Parse(Text, "/boot/grub/menu.lst");
        Assert.Equal(2, menu.Entries.Count);
        Assert.Equal(3, menu.Timeout);
        Assert.True(menu.IsHidden);
        BootLoad load = menu.DefaultEntry.Load!();
        Assert.Equal(new BootFile("hd0,2", "/vmlinuz"), load.Kernel);
        Assert.Equal("root=/dev/xvda2 ro single", load.CommandLine);
        Assert.Equal([new BootFile("hd0,1", "/initrd.img")], load.Ramdisks);
    }
}
