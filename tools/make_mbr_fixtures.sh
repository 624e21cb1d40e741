#!/usr/bin/env bash
# Fixtures of MBR partition tables: written by sfdisk (util-linux), read by mmls (the Sleuth Kit).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/fixtures/mbr
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
truncate -s 2560K "$work/extended.img"
sfdisk -q "$work/extended.img" <<'S'
label: dos
label-id: 0x12345678
start=128, size=512, type=c
start=640, size=3840, type=5
start=768, size=512, type=83
start=1408, size=512, type=82
start=2048, size=1024, type=7
S
mmls "$work/extended.img" >"$out/extended.mmls.txt"
gzip -9nc "$work/extended.img" >"$out/extended.img.gz"
# The second link of the chain leads back to the first record.
cp "$work/extended.img" "$work/loop.img"
second=$(mmls "$work/loop.img" | awk '/Extended Table \(#2\)/ {print $3 + 0}')
printf '\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00' | dd of="$work/loop.img" bs=1 seek=$((second * 512 + 0x1CE)) conv=notrunc status=none
gzip -9nc "$work/loop.img" >"$out/loop.img.gz"
{
  printf 'file\tsha256\torigin\tlicence\texpectation\n'
  for f in extended.img.gz loop.img.gz; do
    printf '%s\t%s\ttools/make_mbr_fixtures.sh (%s)\tCC0-1.0\tmmls: extended.mmls.txt\n' "$f" "$(sha256sum "$out/$f" | cut -d' ' -f1)" "$(sfdisk --version)"
  done
} >"$out/MANIFEST.tsv"
