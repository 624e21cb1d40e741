#!/usr/bin/env bash
# Times cairn beside its peers on one disk, whole processes, page cache warm, one after the other: peers.sh DIR
# DIR/disk.raw: a GPT disk with one NTFS volume at sector 2048; DIR/disk.E01: the same as E01. Needs Debian's
# sleuthkit and ewf-tools and GNU time. Prints one row a command: wall s, CPU s, peak MB. Nothing else may run.
set -euo pipefail
dir=${1:?usage: peers.sh DIR [RUNS]}; runs=${2:-3}
cairn=$(cd "$(dirname "$0")/.." && pwd)/cairn
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
"$cairn" --version >/dev/null

row() { # row NAME COMMAND...: the median of RUNS runs by wall time, after one that warms the cache
  local name=$1; shift
  local n; for n in $(seq 0 "$runs"); do
    rm -rf "$work/case" "$work/tsk.db"
    /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >"$work/out" 2>"$work/err" || { s=$?; [ "$s" -le 1 ] || { cat "$work/err" >&2; exit "$s"; }; }
    [ "$n" -eq 0 ] || tail -1 "$work/time"
  done | sort -n | awk -v name="$name" -v mid=$(( (runs + 1) / 2 )) 'NR == mid { printf "%-46s wall %7.2f s   CPU %7.2f s   peak %6.0f MB\n", name, $1, $2 + $3, $4 / 1024 }'
}

row 'fls -r -p -h -m (MD5)'            fls -r -p -h -m / -o 2048 "$dir/disk.raw"
row 'cairn examine (three hashes)'     "$cairn" examine "$dir/disk.raw" --case "$work/case" --json
row 'fls -r -p -m (inventory)'         fls -r -p -m / -o 2048 "$dir/disk.raw"
row 'cairn examine --no-content'       "$cairn" examine "$dir/disk.raw" --case "$work/case" --no-content --json
row 'ewfverify'                        ewfverify -q -d sha1 "$dir/disk.E01"
row 'cairn verify (E01)'               "$cairn" verify "$dir/disk.E01" --json
row 'cairn examine (E01)'              "$cairn" examine "$dir/disk.E01" --case "$work/case" --json
