#!/usr/bin/env bash
# Kills one examination again and again, resumes it each time, and holds the case against an undisturbed one:
# kill_test.sh EVIDENCE [KILLS] [LONGEST_SECONDS]. Prints the moments of the kills; exit 0 when both exports are the
# same bytes and the disturbed case verifies.
set -euo pipefail
evidence=${1:?usage: kill_test.sh EVIDENCE [KILLS] [LONGEST_SECONDS]}; kills=${2:-20}; longest=${3:-5}
cairn=$(cd "$(dirname "$0")/.." && pwd)/cairn
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
export CAIRN_KEY_DIRECTORY=$work/keys CAIRN_KNOWN_DIRECTORY=$work/known
ok() { "$@" >"$work/out" 2>&1 || [ $? -eq 1 ] || { cat "$work/out" >&2; exit 2; }; }

ok "$cairn" examine "$evidence" --case "$work/calm" --json
for n in $(seq "$kills"); do
  delay=$(awk -v longest="$longest" -v seed="$RANDOM$n" 'BEGIN { srand(seed); printf "%.2f", 0.15 + rand() * longest }')
  setsid "$cairn" examine "$evidence" --case "$work/disturbed" --json >/dev/null 2>&1 &
  victim=$!
  sleep "$delay"
  if kill -9 -- "-$victim" 2>/dev/null; then echo "kill $n after $delay s"; else echo "run $n had ended before $delay s"; fi
  wait "$victim" 2>/dev/null || true
done
ok "$cairn" examine "$evidence" --case "$work/disturbed" --json
for one in calm disturbed; do "$cairn" export jsonl --case "$work/$one" -o "$work/$one.jsonl" 2>/dev/null; done
cmp "$work/calm.jsonl" "$work/disturbed.jsonl"
"$cairn" verify --case "$work/disturbed" --no-evidence | tail -n 3
echo "the same $(wc -l <"$work/calm.jsonl") lines after $kills kills"
