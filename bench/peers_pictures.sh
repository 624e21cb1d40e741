#!/usr/bin/env bash
# Times the hashing of a folder of JPEG pictures, whole processes on one core, page cache warm, one after the other:
# peers_pictures.sh DIR PDQ [RUNS]
# DIR: JPEG files (bench/pictures/make_photos.py makes them). PDQ: pdq-photo-hasher of facebook/ThreatExchange, with libjpeg, built outside of
# the project. Needs util-linux, GNU time, Debian's libjpeg-turbo-progs. Prints one row a command: pictures a second, CPU s, peak MB.
# Nothing else may run.
set -euo pipefail
dir=$(cd "${1:?usage: peers_pictures.sh DIR PDQ [RUNS]}" && pwd); pdq=$(realpath "${2:?usage: peers_pictures.sh DIR PDQ [RUNS]}"); runs=${3:-3}
cairn=$(cd "$(dirname "$0")/.." && pwd)/cairn
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
find "$dir" -type f \( -name '*.jpg' -o -name '*.jpeg' \) | sort > "$work/list"
count=$(wc -l < "$work/list")
"$cairn" --version >/dev/null
echo "$count pictures, $(du -cb --files0-from=<(tr '\n' '\0' < "$work/list") | tail -1 | cut -f1) bytes; one core"

row() { # row NAME COMMAND...: the median of RUNS runs by wall time, after one that warms the cache
  local name=$1; shift
  local n; for n in $(seq 0 "$runs"); do
    rm -rf "$work/case"
    taskset -c 0 /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >"$work/out" 2>"$work/err" || { s=$?; [ "$s" -le 1 ] || { cat "$work/err" >&2; exit "$s"; }; }
    [ "$n" -eq 0 ] || tail -1 "$work/time"
  done | sort -n | awk -v name="$name" -v count="$count" -v mid=$(( (runs + 1) / 2 )) \
    'NR == mid { printf "%-52s %7.1f pictures a second   wall %7.2f s   CPU %7.2f s   peak %6.0f MB\n", name, count / $1, $1, $2 + $3, $4 / 1024 }'
}

each() { while read -r file; do djpeg "$@" -outfile /dev/null "$file"; done < "$work/list"; }
export -f each; export work

row 'reference, C++ with libjpeg (PDQ alone)'           sh -c '"$0" -i -k < "$1"' "$pdq" "$work/list"
row 'the decoder alone: libjpeg-turbo, whole'           bash -c 'each'
row 'the decoder alone: libjpeg-turbo, scaled by 1/4'   bash -c 'each -scale 1/4'
row 'the decoder alone: the same, luma'                 bash -c 'each -scale 1/4 -grayscale'
row 'cairn examine'                                     "$cairn" examine "$dir" --case "$work/case" --json
row 'cairn examine --no-content (what is no picture)'   "$cairn" examine "$dir" --case "$work/case" --no-content --json
