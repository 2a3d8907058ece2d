#!/bin/busybox sh
say() { echo "$*"; }
die() { say "2026/01/01 00:00:00 error: $*"; exit 1; }
say "Generating manifest manifest-anaconda-iso.json"
wanted="--type anaconda-iso --target-arch x86_64 --rootfs xfs --progress verbose --chown 0:0 REFERENCE"
[ "$*" = "$wanted" ] || die "unknown arguments: $*"
/bin/busybox grep -q '^append = "quiet' /config.toml || die "no append in config.toml"
/bin/busybox grep -q 'lang cs_CZ' /config.toml || die "no kickstart in config.toml"
[ -d /var/lib/containers/storage ] || die "no storage"
say "Pipeline anaconda-tree: 1f2e"
say "org.osbuild.rpm: 7a7b {"
if /bin/busybox grep -q 'hang=1' /config.toml; then /bin/busybox sleep MARK; fi
if /bin/busybox grep -q 'fail=1' /config.toml; then die "cannot run osbuild: no such package"; fi
/bin/busybox mkdir -p /output/bootiso
/bin/busybox cp /install.iso /output/bootiso/install.iso
