#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs `dom host setup` for real, in a mount and a network namespace of its own: /etc is an overlay, the interfaces are new.
# $1 is dom. Prints "as before" if --undo left every file, setting and interface as it was.
set -eu
dom=$1
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir -p "$work/upper" "$work/work" /var/lib/domovoi
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$work/upper,workdir=$work/work" /etc
mount -t tmpfs tmpfs /var/lib/domovoi
mount -t sysfs sysfs /sys
echo GRUB_DEFAULT=0 >/etc/default/grub
echo 0 >/proc/sys/net/ipv4/ip_forward
ip link add eth7 type veth peer name peer7
ip link add eth8 type veth peer name peer8
ip link add own8 type bridge

state() { find /etc -type f -exec sha256sum {} + | sort; ip -o link | sed 's/^[0-9]*//; s/ state.*//'; cat /proc/sys/net/ipv4/ip_forward; }
state >"$work/before"
"$dom" host setup --bridge br7 --netdev eth7
[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
[ -e /sys/class/net/br7/brif/eth7 ]
grep -q '^GRUB_DISABLE_OS_PROBER=true$' /etc/default/grub
"$dom" host setup --bridge br7 --netdev eth7 | grep -qx 'everything is as it should be'
"$dom" host setup --bridge own8 --netdev eth8         # a bridge that is this machine's own: only its new port is taken back
[ -e /sys/class/net/own8/brif/eth8 ]
"$dom" host setup --undo --dry-run >/dev/null
[ -e /sys/class/net/br7/brif/eth7 ]
"$dom" host setup --undo
state >"$work/after"
cmp "$work/before" "$work/after"
echo as before
