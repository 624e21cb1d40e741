#!/usr/bin/env bash
# Fixture of an Apple partition map: written by parted, read by mmls (the Sleuth Kit).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/fixtures/apm
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
truncate -s 1M "$work/mac.img"
parted -s -a none "$work/mac.img" mklabel mac mkpart First hfs 128s 1023s mkpart Second hfs 1152s 1999s
mmls "$work/mac.img" >"$out/mac.mmls.txt"
gzip -9nc "$work/mac.img" >"$out/mac.img.gz"
printf 'file\tsha256\torigin\tlicence\texpectation\nmac.img.gz\t%s\ttools/make_apm_fixtures.sh (parted)\tCC0-1.0\tmmls: mac.mmls.txt\n' "$(sha256sum "$out/mac.img.gz" | cut -d' ' -f1)" >"$out/MANIFEST.tsv"
