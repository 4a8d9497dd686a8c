#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs the Debian package in a copy of this machine (an overlay over /, in namespaces of its own), boots the guests of /etc/xen/auto and
# shuts them down by the commands of its service, removes and purges it. $1 is the package, $2 a kernel, $3 its ramdisk. Prints "all is well".
set -eu
root=/mnt
mount -t tmpfs tmpfs "$root"
mkdir "$root/upper" "$root/work" "$root/all"
mount -t overlay overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" "$root/all"
cp "$1" "$root/all/package.deb"
cp "$2" "$root/all/vmlinuz"
cp "$3" "$root/all/initrd"
mount -t proc proc "$root/all/proc"
mount --rbind /dev "$root/all/dev"
mount -t tmpfs tmpfs "$root/all/run"
mount -t tmpfs tmpfs "$root/all/tmp"
exec chroot "$root/all" env -i AUTO_GUESTS_PATIENCE=300 PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -eux <<'E1'
wants=/etc/systemd/system/multi-user.target.wants/domovoi-auto.service
unit=/lib/systemd/system/domovoi-auto.service
dpkg --no-triggers -i /package.deb
dom --help | grep -q 'Runs unmodified Xen guests'
if command -v systemd-analyze; then systemd-analyze verify --man=no domovoi-auto.service; fi
if command -v systemctl; then [ -h $wants ]; systemctl disable domovoi-auto.service; fi
dpkg --no-triggers -i /package.deb
[ ! -h $wants ]                                        # an upgrade does not enable what was disabled

guest='kernel="/vmlinuz"\nramdisk="/initrd"\nmemory=128\nextra="console=hvc0 quiet"\n'
printf "name=\"first\"\n$guest" >'/etc/xen/auto/10 first'
printf 'name="broken"\nkernel="/gone"\n' >/etc/xen/auto/20broken
printf "name=\"second\"\n$guest" >/etc/xen/auto/30second
if $(sed -n s/^ExecStart=//p $unit); then exit 1; fi    # it says that one failed, and starts the others
dom domid first
dom domid second
$(sed -n s/^ExecStart=//p $unit) 2>&1 | grep 'second runs already'
$(sed -n s/^ExecStop=//p $unit) | tr '\n' ' ' | grep -qx 'shut down second shut down first '
[ "$(dom list | wc -l)" = 2 ]

dpkg --no-triggers --remove domovoi
[ -e '/etc/xen/auto/10 first' ]                        # a person's files stay
[ ! -e /usr/bin/dom ]
rm /etc/xen/auto/*
dpkg --no-triggers -i /package.deb
dpkg --no-triggers --purge domovoi
for left in /usr/bin/dom /usr/lib/domovoi /usr/share/doc/domovoi /usr/share/man/man1/dom.1.gz /etc/xen/auto $unit; do [ ! -e "$left" ]; done
[ ! -h $wants ]
[ -z "$(dpkg-query -W domovoi 2>/dev/null)" ]
echo all is well
E1
