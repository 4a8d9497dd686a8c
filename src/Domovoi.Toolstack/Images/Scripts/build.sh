#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes a Debian root file system and packs it into a disk image. Runs as root, or as root of a user namespace. What it needs
# comes in variables: see DebianImageBuilder.cs. Lines that begin with "@ " are steps for a person; the rest is for the log.
set -eu
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

step() { echo "@ $*"; }

# The packages are unpacked without a sync for each: the image is synced as a whole, at the end.
with_mmdebstrap() {
  # systemd-sysv is one of Debian's important packages, and no two can be process 1: with sysvinit it is left out of them.
  if [ "$INIT" = systemd ]; then
    set -- --variant=important
  else
    set -- --variant=required "--include=?and(?priority(important),?not(?essential),?not(?name(^systemd)))"
  fi
  set -- "$@" --mode=root --format=directory --keyring="$KEYRING" --include="$PACKAGES" \
    --dpkgopt=force-unsafe-io --essential-hook="sh \"$WORK/prepare.sh\" \"\$1\"" --customize-hook="sh \"$WORK/customize.sh\" \"\$1\""
  while read -r option; do set -- "$@" --aptopt="$option"; done <"$WORK/apt.options"
  mmdebstrap "$@" "$RELEASE" "$ROOT" "$WORK/sources.list"
}

with_debootstrap() {
  # container: in a user namespace no device can be made, and debootstrap then binds the host's.
  [ "$KIND" = root ] || export container=lxc
  debootstrap --keyring="$KEYRING" --include=ca-certificates "$RELEASE" "$ROOT" "$MIRROR"
  cp "$WORK/sources.list" "$ROOT/etc/apt/sources.list"
  cp "$WORK/apt.options" "$ROOT/etc/apt/apt.conf.d/99build"
  cp /etc/resolv.conf "$ROOT/etc/resolv.conf" 2>/dev/null || true
  printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
  chmod 755 "$ROOT/usr/sbin/policy-rc.d"
  echo force-unsafe-io >"$ROOT/etc/dpkg/dpkg.cfg.d/99build"
  sh "$WORK/prepare.sh" "$ROOT"
  mounted=
  for place in proc sys dev; do
    if mount --rbind "/$place" "$ROOT/$place" 2>/dev/null; then mounted="$ROOT/$place $mounted"; fi
  done
  step "Installing the packages"
  chroot "$ROOT" apt-get update -q
  chroot "$ROOT" apt-get dist-upgrade -y -q
  chroot "$ROOT" apt-get install -y -q $(echo "$PACKAGES" | tr , ' ')
  sh "$WORK/customize.sh" "$ROOT"
  for place in $mounted; do umount -l "$place"; done
  chroot "$ROOT" apt-get clean
  rm -rf "$ROOT"/var/lib/apt/lists/* "$ROOT/usr/sbin/policy-rc.d" "$ROOT/etc/dpkg/dpkg.cfg.d/99build" "$ROOT/etc/apt/apt.conf.d/99build"
}

rm -rf "$ROOT"
mkdir -p "$ROOT"
step "Fetching and installing Debian $RELEASE with $TOOL"
"with_$TOOL"

step "Making the disk image ($SIZE_TEXT)"
rm -f "$IMAGE"
truncate -s "$SIZE" "$IMAGE"
# The features are those of Debian's own installer: older kernels, and GRUB, read them. A new file is zeros: tables need no writing.
cat >"$WORK/mke2fs.conf" <<'CONF'
[defaults]
    base_features = sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr
    default_mntopts = acl,user_xattr
    enable_periodic_fsck = 0
    blocksize = 4096
    inode_size = 256
    inode_ratio = 16384
[fs_types]
    ext4 = {
        features = has_journal,extent,huge_file,flex_bg,metadata_csum,64bit,dir_nlink,extra_isize
    }
CONF
prezeroed=
if mke2fs -V 2>&1 | grep -Eq '^mke2fs 1\.(4[7-9]|[5-9][0-9])'; then prezeroed=",assume_storage_prezeroed=1"; fi
MKE2FS_CONFIG=$WORK/mke2fs.conf mke2fs -q -F -t ext4 -U "$UUID" -L root -m 1 -E "lazy_itable_init=1,root_owner=0:0$prezeroed" -d "$ROOT" "$IMAGE"
e2fsck -fn "$IMAGE"
