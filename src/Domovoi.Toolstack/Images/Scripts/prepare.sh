#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Before the kernel is installed: what its initramfs shall hold. Debian's default is every driver there is, 36 MB, which a guest
# unpacks at each boot; these are the ones of Xen's and QEMU's disks and nets. /etc/initramfs-tools/conf.d/domovoi turns it back.
set -eu
root=$1
mkdir -p "$root/etc/initramfs-tools/conf.d" "$root/etc/initramfs-tools/hooks"
cat >"$root/etc/initramfs-tools/conf.d/domovoi" <<'E1'
# The modules of /etc/initramfs-tools/modules and hooks/xen only. MODULES=most is Debian's default: every driver.
MODULES=list
E1
cat >"$root/etc/initramfs-tools/hooks/xen" <<'E1'
#!/bin/sh
# What a Xen guest boots from, and virtio for the same disk under KVM.
[ "$1" = prereqs ] && exit 0
. /usr/share/initramfs-tools/hook-functions
manual_add_modules xen-blkfront xen-netfront virtio_blk virtio_pci virtio_net ext4
E1
chmod 755 "$root/etc/initramfs-tools/hooks/xen"
