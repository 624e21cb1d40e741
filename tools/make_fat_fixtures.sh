#!/usr/bin/env bash
# Makes fixtures/fat: volumes by mkfs.vfat and mtools, expectations by the Sleuth Kit (fls -h) and mdir.
# Needs dosfstools, mtools, sleuthkit, gzip. Usage: tools/make_fat_fixtures.sh
set -euo pipefail
cd "$(dirname "$0")/.."
out=fixtures/fat
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
export TZ=UTC MTOOLS_SKIP_CHECK=1
manifest="$out/MANIFEST.tsv"
printf 'file\tsha256\torigin\tlicence\texpectation\n' > "$manifest"

text() { seq -f "$1 line %g" 1 "$2"; }

fill() { # image
  local i=$1
  mcopy -i "$i" "$work/small" ::SMALL.TXT
  mcopy -i "$i" "$work/small" "::lower.txt"
  mcopy -i "$i" "$work/big" "::A long name with spaces.text"
  mcopy -i "$i" "$work/big" "::Привет мир.txt"
  mcopy -i "$i" "$work/small" "::日本語のファイル.dat"
  mcopy -i "$i" "$work/small" "::emoji 😀.txt"
  mcopy -i "$i" "$work/empty" "::empty file"
  mmd -i "$i" ::sub ::sub/deeper "::sub/deeper/Third level of it"
  mcopy -i "$i" "$work/big" "::sub/deeper/Third level of it/bottom.bin"
  # A file in two pieces: the gap of a deleted one is filled first.
  mcopy -i "$i" "$work/big" ::GAP1.BIN
  mcopy -i "$i" "$work/big" ::FENCE.BIN
  mdel -i "$i" ::GAP1.BIN
  mcopy -i "$i" "$work/huge" ::PIECES.BIN
  # Deleted: short, long, overwritten, a tree, a directory whose parent's cluster is used again.
  mcopy -i "$i" "$work/big" ::GONE.TXT
  mcopy -i "$i" "$work/big" "::gone with a long name.txt"
  mmd -i "$i" ::oldtree ::oldtree/inner
  mcopy -i "$i" "$work/small" "::oldtree/first one.txt"
  mcopy -i "$i" "$work/small" "::oldtree/inner/second one.txt"
  mcopy -i "$i" "$work/small" ::oldtree/inner/THIRD.TXT
  mdeltree -i "$i" ::oldtree
  mdel -i "$i" ::GONE.TXT
  mdel -i "$i" "::gone with a long name.txt"
  mcopy -i "$i" "$work/small" ::NEWER.TXT
  # The slots of the deleted entries are taken again, so that what lay in the old tree has no parent any more.
  for n in 1 2 3 4 5 6 7 8 9; do mcopy -i "$i" "$work/empty" "::E$n"; done
  mcopy -i "$i" "$work/small" "::deleted last, with a long name.txt"
  mcopy -i "$i" "$work/big" ::LAST.BIN
  mdel -i "$i" "::deleted last, with a long name.txt"
  mdel -i "$i" ::LAST.BIN
  mmd -i "$i" "::deleted directory"
  mcopy -i "$i" "$work/small" "::deleted directory/in it.txt"
  mdeltree -i "$i" "::deleted directory"
}

finish() { # name description
  local n=$1
  fls -r -p -m "" -h "$work/$n.img" > "$out/$n.fls.txt"
  gzip -9 -n -c "$work/$n.img" > "$out/$n.img.gz"
  printf '%s.img.gz\t%s\t%s\tApache-2.0\tfls -r -p -m "" -h (the Sleuth Kit %s) in %s.fls.txt\n' "$n" "$(sha256sum < "$out/$n.img.gz" | cut -d' ' -f1)" "$2" "$(fls -V | grep -o '[0-9.]*$')" "$n" >> "$manifest"
}

text small 12 > "$work/small"; text big 150 > "$work/big"; text huge 700 > "$work/huge"; : > "$work/empty"
make() { # name kilobytes options…
  local n=$1 k=$2; shift 2
  truncate -s "${k}K" "$work/$n.img"
  mkfs.vfat -n "MADE UP" -i 1A2B3C4D "$@" "$work/$n.img" > /dev/null
  fill "$work/$n.img"
}
make fat12 360 -F 12 -s 2 -r 112; finish fat12 "mkfs.vfat -F 12, mtools"
make fat16 4400 -F 16 -s 1; finish fat16 "mkfs.vfat -F 16, mtools"
make fat32 34000 -F 32 -s 1; finish fat32 "mkfs.vfat -F 32, mtools"
make fat16-4k 80000 -F 16 -S 4096 -s 1; finish fat16-4k "mkfs.vfat -F 16 -S 4096, mtools"
