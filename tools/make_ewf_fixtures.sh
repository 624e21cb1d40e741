#!/usr/bin/env bash
# Makes fixtures/ewf, fixtures/splitraw and fixtures/raw with libewf's ewfacquire (ewf-tools) and coreutils; expectations are the texts
# of ewfinfo and ewfverify, and md5sum/sha1sum of the media that went in. Shares no code with src.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=fixtures/ewf
rm -rf "$out" fixtures/splitraw fixtures/raw
mkdir -p "$out" fixtures/splitraw fixtures/raw

# Made-up media: zeros, drawn text, and bytes that do not compress; 641 sectors, so that the last chunk is short.
python3 - "$work/media.raw" <<'PY'
import hashlib, sys
out = bytearray()
for i in range(40):
    if i % 4 == 0:
        out += bytes(8192)
    elif i % 4 == 1:
        out += b"".join(hashlib.sha256(f"{i}-{k}".encode()).digest() for k in range(64)) + bytes(6144)
    else:
        out += (f"line {i} of the made-up media\n".encode() * 400)[:8192]
out += b"tail" * 128
open(sys.argv[1], "wb").write(out)
# 2.5 MiB whose sectors all differ: three segments of 1 MiB when stored uncompressed.
big = b"".join(f"sector {k} of the made-up media\n".encode().ljust(512, b".") for k in range(5120))
open(sys.argv[1].replace("media", "big"), "wb").write(big)
PY

acquire() { # name, format, compression, further options
  local name=$1 format=$2 level=$3
  shift 3
  ewfacquire -u -q -f "$format" -c "$level" -C "Case 7" -D "made-up media" -e "A. Examiner" -E "AB/1" -N "no notes" -m fixed -t "$work/$name" "$@" "$work/media.raw" >/dev/null 2>&1
}

for format in ewf smart ftk encase1 encase2 encase3 encase4 encase5 encase6 encase7 linen5 linen6 linen7 ewfx; do
  acquire "$format" "$format" fast
done
for level in none empty-block best; do acquire "encase6-$level" encase6 "$level" -d sha1; done
for sectors in 16 128 1024 32768; do acquire "chunk$sectors" encase6 fast -b "$sectors"; done
acquire hashes ewfx fast -d sha256
acquire smart-none smart none
acquire sector4096 encase6 fast -P 4096 -m removable -M logical

for format in encase6 encase1 smart ftk; do
  ewfacquire -u -q -f "$format" -c none -m fixed -S 1048576 -t "$work/multi-$format" "$work/big.raw" >/dev/null 2>&1
done
for file in "$work"/multi-*.[Es]0[2-9]; do gzip -9nc "$file" > "$out/$(basename "$file").gz"; done

for file in "$work"/*.[eEs]01; do
  name=$(basename "$file")
  gzip -9nc "$file" > "$out/$name.gz"
  {
    ewfinfo "$file" 2>&1 | sed '1,2d'
    (ewfverify -q "$file" 2>&1 || true) | sed '1,2d'
  } > "$out/$name.txt"
done
(cd "$work" && md5sum media.raw big.raw && sha1sum media.raw big.raw) > "$out/media.txt"
gzip -9nc "$work/media.raw" > "$out/media.raw.gz"

# Split raw, with the media above.
gzip -9nc "$work/media.raw" > fixtures/raw/media.raw.gz
(cd "$work" && split -b 100000 -d -a 3 --numeric-suffixes=1 media.raw media.raw. && split -b 100000 -a 2 media.raw letters.)
for file in "$work"/media.raw.0* "$work"/letters.a*; do gzip -9nc "$file" > "fixtures/splitraw/$(basename "$file").gz"; done

manifest() { # folder, tool
  (cd "$1" && printf 'file\tsha256\torigin\tlicence\texpectation from\n' > MANIFEST.tsv && for file in *; do
    [ "$file" = MANIFEST.tsv ] || printf '%s\t%s\tmade by tools/make_ewf_fixtures.sh\tApache-2.0\t%s\n' "$file" "$(sha256sum "$file" | cut -d' ' -f1)" "$2"
  done >> MANIFEST.tsv)
}
manifest "$out" "ewfinfo, ewfverify $(ewfinfo -V 2>&1 | sed -n 1p | cut -d' ' -f2); md5sum"
manifest fixtures/splitraw md5sum
manifest fixtures/raw md5sum
