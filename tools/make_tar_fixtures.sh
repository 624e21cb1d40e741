#!/usr/bin/env bash
# Fixtures of TAR archives: written by GNU tar, read by bsdtar and md5sum.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/fixtures/tar
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
long=$(printf 'a%.0s' $(seq 1 120))
mkdir -p tree/inner
seq 1 4000 >tree/numbers.txt
printf 'a name of 120 letters\n' >"tree/inner/$long"
ln -s numbers.txt tree/link
ln tree/numbers.txt tree/second_name.txt
truncate -s 1M tree/sparse
printf 'in the middle' | dd of=tree/sparse bs=1 seek=524288 conv=notrunc status=none
printf 'at the end' >>tree/sparse
find tree -exec touch -h -d '2024-05-06 07:08:09.123456789 UTC' {} +
( cd tree && find . -type f -printf '%P\n' | sort | xargs -d '\n' md5sum ) >"$out/tree.md5"
make() { tar --sort=name --owner=alice:1000 --group=users:100 "$@" -C tree .; }
make --format=gnu -S -cf gnu.tar
make --format=posix -S --sparse-version=0.0 -cf pax00.tar
make --format=posix -S --sparse-version=0.1 -cf pax01.tar
make --format=posix -S --sparse-version=1.0 -cf pax10.tar
# Without the file that only takes room here.
tar --format=posix --sort=name --exclude=sparse -czf small.tar.gz -C tree .
bsdtar -tf gnu.tar >"$out/gnu.bsdtar.txt"
for f in gnu pax00 pax01 pax10; do gzip -9nc $f.tar >"$out/$f.tarball.gz"; done
cp small.tar.gz "$out/"
cd "$out"
{
  printf 'file\tsha256\torigin\tlicence\texpectation\n'
  for f in *.gz; do printf '%s\t%s\ttools/make_tar_fixtures.sh (GNU tar)\tCC0-1.0\tmd5sum: tree.md5; bsdtar: gnu.bsdtar.txt\n' "$f" "$(sha256sum "$f" | cut -d' ' -f1)"; done
} >"$out/MANIFEST.tsv"
