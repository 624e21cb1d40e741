#!/usr/bin/env bash
# Makes fixtures/exfat: a volume by mkfs.exfat, filled through mount.exfat-fuse; expectations by the Sleuth Kit (fls -h) and md5sum.
# Needs root, a free loop device, exfatprogs, exfat-fuse, sleuthkit, gzip. Usage: tools/make_exfat_fixtures.sh
set -euo pipefail
cd "$(dirname "$0")/.."
out=fixtures/exfat
work=$(mktemp -d)
mnt="$work/mnt"
loop=
clean() { umount "$mnt" 2>/dev/null || true; [ -z "$loop" ] || losetup -d "$loop" 2>/dev/null || true; rm -rf "$work"; }
trap clean EXIT
mkdir -p "$out" "$mnt"
export TZ=UTC
manifest="$out/MANIFEST.tsv"
printf 'file\tsha256\torigin\tlicence\texpectation\n' > "$manifest"
text() { seq -f "$1 line %g" 1 "$2"; }

make() { # name megabytes options…
  local n=$1 m=$2; shift 2
  truncate -s "${m}M" "$work/$n.img"
  mkfs.exfat -L "Étiquette" "$@" "$work/$n.img" > /dev/null
  loop=$(losetup -f --show "$work/$n.img")
  mount.exfat-fuse "$loop" "$mnt" > /dev/null 2>&1
  text small 12 > "$mnt/small.txt"; : > "$mnt/empty"
  text big 150 > "$mnt/Привет мир, это длинное имя файла.txt"; text ja 9 > "$mnt/日本語.txt"
  mkdir -p "$mnt/dir/sub/deeper" "$mnt/old tree/inner"
  text deep 40 > "$mnt/dir/sub/deeper/z"; touch -d '2011-02-03 04:05:06' "$mnt/dir/sub/deeper/z"
  for i in $(seq 1 30); do text "$i" "$i" > "$mnt/dir/file number $i with a long name.txt"; done
  for i in $(seq 1 3 30); do rm "$mnt/dir/file number $i with a long name.txt"; done
  # Pieces: gaps of deleted files are filled, then the file in pieces is deleted itself.
  for i in 1 2 3 4 5; do text "f$i" 200 > "$mnt/f$i"; done
  rm "$mnt/f2" "$mnt/f4"; text pieces 600 > "$mnt/pieces"; text pieces 600 > "$mnt/pieces deleted"; rm "$mnt/pieces deleted"
  for i in 1 2 3; do text "x$i" "$i" > "$mnt/old tree/x$i"; text "y$i" "$i" > "$mnt/old tree/inner/yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy$i"; done
  rm -r "$mnt/old tree"
  sync; umount "$mnt"; losetup -d "$loop"; loop=
  fsck.exfat -n "$work/$n.img" > /dev/null
  fls -r -p -m "" -h "$work/$n.img" > "$out/$n.fls.txt"
  gzip -9 -n -c "$work/$n.img" > "$out/$n.img.gz"
  printf '%s.img.gz\t%s\tmkfs.exfat, mount.exfat-fuse\tApache-2.0\tfls -r -p -m "" -h (the Sleuth Kit %s) in %s.fls.txt; fsck.exfat: clean\n' "$n" "$(sha256sum < "$out/$n.img.gz" | cut -d' ' -f1)" "$(fls -V | grep -o '[0-9.]*$')" "$n" >> "$manifest"
}
make exfat 6 -c 512
make exfat-4k 12 -c 4096
