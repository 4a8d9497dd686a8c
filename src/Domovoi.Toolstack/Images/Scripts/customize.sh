#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Turns a Debian root file system into a guest: console, terminals, network, ssh, boot menu. $1 is its root.
set -eu
root=$1
echo "@ Setting the guest up"

echo "$GUEST_NAME" >"$root/etc/hostname"
printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n\n::1\t\tlocalhost ip6-localhost ip6-loopback\nff02::1\t\tip6-allnodes\nff02::2\t\tip6-allrouters\n' \
  "$GUEST_NAME" >"$root/etc/hosts"
printf '# <file system> <mount point> <type> <options> <dump> <pass>\nUUID=%s / ext4 errors=remount-ro 0 1\ndevpts /dev/pts devpts gid=5,mode=620 0 0\n' \
  "$UUID" >"$root/etc/fstab"
[ -e "$root/etc/default/locale" ] || echo 'LANG=C.UTF-8' >"$root/etc/default/locale"
rm -f "$root/etc/machine-id" "$root/var/lib/dbus/machine-id" "$root/etc/udev/rules.d/70-persistent-net.rules"
: >"$root/etc/machine-id"

# The console: Xen's is hvc0. systemd makes a getty for it when the kernel's console is there; it shall be there always.
if [ "$INIT" = systemd ]; then
  mkdir -p "$root/etc/systemd/system/getty.target.wants"
  ln -sf /lib/systemd/system/serial-getty@.service "$root/etc/systemd/system/getty.target.wants/serial-getty@hvc0.service"
else
  printf '\n# The console of a Xen guest.\nhvc0:2345:respawn:/sbin/getty -L hvc0 115200 vt220\n' >>"$root/etc/inittab"
  sed -i 's,^\([1-6]:[0-9]*:respawn:.*tty[1-6]\)$,#\1,' "$root/etc/inittab"
fi

# A vCPU that `dom vcpu-set` adds: Linux registers it and leaves it to user space to bring it online.
mkdir -p "$root/etc/udev/rules.d"
cat >"$root/etc/udev/rules.d/80-xen-vcpu.rules" <<'E1'
# A vCPU that the toolstack has added is used at once.
SUBSYSTEM=="cpu", ACTION=="add", TEST=="online", ATTR{online}=="0", ATTR{online}="1"
E1

# The network: DHCP on whatever the interface is called.
if [ "$INIT" = systemd ]; then
  mkdir -p "$root/etc/systemd/network" "$root/etc/systemd/system/multi-user.target.wants"
  printf '[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n\n[DHCPv4]\nUseDomains=yes\n' >"$root/etc/systemd/network/80-dhcp.network"
  chroot "$root" systemctl enable systemd-networkd.service systemd-resolved.service
  ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
  printf 'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n' >"$root/etc/network/interfaces" 2>/dev/null || true
else
  printf 'source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n\n# Whatever the interface is called.\nauto /e*=dhcp\niface dhcp inet dhcp\n' \
    >"$root/etc/network/interfaces"
  rm -f "$root/etc/resolv.conf"
fi

# ssh: host keys of this image's own, and who may come in.
chroot "$root" ssh-keygen -A
mkdir -p "$root/root/.ssh"
chmod 700 "$root/root/.ssh"
if [ -s "$WORK/authorized_keys" ]; then
  cp "$WORK/authorized_keys" "$root/root/.ssh/authorized_keys"
  chmod 600 "$root/root/.ssh/authorized_keys"
fi
if [ -s "$WORK/password" ]; then
  { printf 'root:'; cat "$WORK/password"; echo; } | chroot "$root" chpasswd
else
  chroot "$root" passwd -q -d root
fi
if [ "$PASSWORD_LOGIN" = yes ]; then
  if grep -q '^Include' "$root/etc/ssh/sshd_config"; then
    echo 'PermitRootLogin yes' >"$root/etc/ssh/sshd_config.d/root-password.conf"
  else
    printf '\nPermitRootLogin yes\n' >>"$root/etc/ssh/sshd_config"
  fi
fi

# Where packages come from, and through which proxy.
# mmdebstrap leaves them once more in sources.list.d, as 0000sources.list.
cp "$WORK/sources.list" "$root/etc/apt/sources.list"
rm -f "$root"/etc/apt/sources.list.d/0000* "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
if [ -s "$WORK/apt.proxy" ]; then cp "$WORK/apt.proxy" "$root/etc/apt/apt.conf.d/90proxy"; fi

# The boot menu, by the guest's own grub-mkconfig. There is no device yet that it could ask about.
cat >"$root/etc/default/grub" <<'E1'
# See /usr/share/doc/grub-common and `info grub`; `update-grub` makes /boot/grub/grub.cfg of it.
GRUB_DEFAULT=0
GRUB_TIMEOUT=1
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX_DEFAULT=""
GRUB_CMDLINE_LINUX="console=hvc0"
GRUB_TERMINAL=console
GRUB_DISABLE_OS_PROBER=true
E1
probe=$root/usr/sbin/grub-probe
mv "$probe" "$probe.real"
cat >"$probe" <<E1
#!/bin/sh
case "\$*" in
  *target=device*) echo /dev/xvda ;;
  *target=fs_uuid*) echo $UUID ;;
  *target=fs_label*) echo root ;;
  *target=fs*) echo ext2 ;;
  *target=drive*) echo '(hd0)' ;;
esac
E1
chmod 755 "$probe"
mkdir -p "$root/boot/grub"
made=0
chroot "$root" grub-mkconfig >"$root/boot/grub/grub.cfg" || made=$?
mv "$probe.real" "$probe"
[ "$made" = 0 ]
sed -i "s,root=/dev/xvda ,root=UUID=$UUID ,g" "$root/boot/grub/grub.cfg"
grep -q "root=UUID=$UUID" "$root/boot/grub/grub.cfg"
