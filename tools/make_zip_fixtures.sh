#!/usr/bin/env bash
# Fixtures of ZIP archives: written by Info-ZIP zip and 7-Zip, read by unzip and md5sum.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/fixtures/zip
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p tree/inner
seq 1 4000 >tree/numbers.txt
printf 'stored as it is\n' >tree/inner/short.txt
printf 'naïve café\n' >'tree/größe.txt'
: >tree/empty
ln -s numbers.txt tree/link
find tree -exec touch -h -d '2024-05-06 07:08:10 UTC' {} +
( cd tree && find . -type f -printf '%P\n' | sort | xargs -d '\n' md5sum ) >"$out/tree.md5"
( cd tree && TZ=UTC zip -q -y -r ../plain.zip . )
( cd tree && seq 1 3000 | TZ=UTC zip -q ../stream.zip - )
( cd tree && TZ=UTC zip -q -e -P secret ../encrypted.zip numbers.txt )
for method in BZip2 LZMA Deflate64 PPMd; do ( cd tree && 7z a -tzip -mm=$method ../"$(echo $method | tr A-Z a-z)".zip numbers.txt >/dev/null ); done
{ head -c 700 /dev/zero | tr '\0' 'x'; cat plain.zip; } >prefixed.zip
head -c -120 plain.zip >cut.zip
unzip -Z1 plain.zip >"$out/plain.unzip.txt"
cp ./*.zip "$out/"
{
  printf 'file\tsha256\torigin\tlicence\texpectation\n'
  for f in *.zip; do printf '%s\t%s\ttools/make_zip_fixtures.sh (Info-ZIP zip, 7-Zip)\tCC0-1.0\tmd5sum: tree.md5; unzip: plain.unzip.txt\n' "$f" "$(sha256sum "$f" | cut -d' ' -f1)"; done
} >"$out/MANIFEST.tsv"
