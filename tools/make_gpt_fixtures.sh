#!/usr/bin/env bash
# Fixtures of GUID partition tables: written by sgdisk and parted, read by mmls (the Sleuth Kit) and sgdisk.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/fixtures/gpt
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
truncate -s 1M "$work/two.img"
sgdisk -U 11111111-2222-3333-4444-555555555555 \
  -a 1 -n 1:128:1023 -t 1:0700 -c 1:Pictures -u 1:AAAAAAAA-0000-0000-0000-000000000001 \
  -n 2:1152:1999 -t 2:8300 -c 2:Größe -u 2:AAAAAAAA-0000-0000-0000-000000000002 "$work/two.img" >/dev/null
mmls "$work/two.img" >"$out/two.mmls.txt"
gzip -9nc "$work/two.img" >"$out/two.img.gz"
# The first header and its array are gone.
cp "$work/two.img" "$work/backup.img"
dd if=/dev/zero of="$work/backup.img" bs=512 seek=1 count=33 conv=notrunc status=none
gzip -9nc "$work/backup.img" >"$out/backup_only.img.gz"
# One byte of the first array is changed: its checksum no longer holds.
cp "$work/two.img" "$work/array.img"
printf '\x01' | dd of="$work/array.img" bs=1 seek=$((1024 + 40)) conv=notrunc status=none
gzip -9nc "$work/array.img" >"$out/damaged_array.img.gz"
# The media has grown behind the backup.
cp "$work/two.img" "$work/grown.img"
truncate -s 1536K "$work/grown.img"
gzip -9nc "$work/grown.img" >"$out/grown.img.gz"
# 4096-byte sectors, by parted on a loop device that has them.
truncate -s 2M "$work/4096.img"
loop=$(losetup -b 4096 -f --show "$work/4096.img")
parted -s -a none "$loop" mklabel gpt unit B mkpart first 65536 655359 mkpart second 786432 1966079
parted -sm "$loop" unit B print | grep -v "$loop" >"$out/sectors_4096.parted.txt"
losetup -d "$loop"
gzip -9nc "$work/4096.img" >"$out/sectors_4096.img.gz"
{
  printf 'file\tsha256\torigin\tlicence\texpectation\n'
  for f in two backup_only damaged_array grown; do
    printf '%s\t%s\ttools/make_gpt_fixtures.sh (sgdisk)\tCC0-1.0\tmmls: two.mmls.txt\n' "$f.img.gz" "$(sha256sum "$out/$f.img.gz" | cut -d' ' -f1)"
  done
  printf '%s\t%s\ttools/make_gpt_fixtures.sh (parted)\tCC0-1.0\tparted: sectors_4096.parted.txt\n' sectors_4096.img.gz "$(sha256sum "$out/sectors_4096.img.gz" | cut -d' ' -f1)"
} >"$out/MANIFEST.tsv"
