#!/bin/sh
# Makes fixtures/ntfs with tools that share no code with src: mkntfs and ntfs-3g write the volumes, wimlib packs what the Windows Overlay
# Filter would pack, the Sleuth Kit and md5sum give the expectations. Needs root, FUSE and Debian's ntfs-3g sleuthkit attr faketime wimtools.
# usage: make_ntfs_fixtures.sh [PART]    only general (with fragments, clusters64k and wof), overlay or sectors4k; all of them without
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
out=$here/fixtures/ntfs
work=$(mktemp -d)
mkdir -p "$out" "$work/mnt"
trap 'umount "$work/mnt" 2>/dev/null || true; rm -rf "$work"' EXIT

# The clock stands in 2015: the Sleuth Kit takes names in index slack for names only where their times lie before 2020.
clock=$(find /usr/lib -name libfaketime.so.1 | head -n 1)
mount_at() { FAKETIME="@$2" LD_PRELOAD=$clock ntfs-3g "$work/$1" "$work/mnt" -o streams_interface=windows,compression </dev/null >/dev/null 2>&1; }
make() { truncate -s "$2" "$work/$1"; faketime '2015-03-01 10:00:00' mkntfs -F -Q -q -s "${5:-512}" -c "$3" -L "$4" "$work/$1" >/dev/null 2>&1; }
text() { i=0; while [ $i -lt "$2" ]; do echo "line $i of $1, ordinary text"; i=$((i + 1)); done; }
keep() { # image
    fls -r -p -m "" -h "$work/$1.img" | grep -v '(\$FILE_NAME)' | gzip -9 -n > "$out/$1.fls.txt.gz"
    gzip -9 -n -c "$work/$1.img" > "$out/$1.img.gz"
}

pack() { # name algorithm-number compression chunk source
    rm -rf "$work/src" "$work/w.wim"; mkdir "$work/src"; cp "$5" "$work/src/f"
    wimlib-imagex capture "$work/src" "$work/w.wim" --compress="$3" --chunk-size="$4" --no-acls --threads=1 >/dev/null
    python3 - "$work/w.wim" "$work/packed" "$(stat -c %s "$5")" <<'PY'
import struct, sys
data = open(sys.argv[1], 'rb').read()
size, offset, original = (lambda t: (t[0] & 0x00FFFFFFFFFFFFFF, t[1], t[2]))(struct.unpack_from('<QQQ', data, 48))
table = data[offset:offset + size]
for at in range(0, len(table), 50):
    packed, start, plain = struct.unpack_from('<QQQ', table, at)
    if plain == int(sys.argv[3]) and packed >> 56 & 4:
        open(sys.argv[2], 'wb').write(data[start:start + (packed & 0x00FFFFFFFFFFFFFF)])
        sys.exit()
sys.exit('no such resource')
PY
    truncate -s "$(stat -c %s "$5")" "$m/$1"
    cp "$work/packed" "$m/$1:WofCompressedData"
    setfattr -h -n system.ntfs_reparse_data -v "0x1700008010000000010000000200000001000000$2" "$m/$1"
    echo "$(md5sum < "$5" | cut -d' ' -f1)  ./$1" >> "$sums"
}
m=$work/mnt
part() { [ "${only:-$1}" = "$1" ]; }
only=${1:-}
if part general; then
# 1. general: names, streams, links, compression, sparse files, deletions, reuse of records, names in index slack
make general.img 12M 4096 'Général'
mount_at general.img '2015-03-02 11:00:00'
mkdir -p "$m/docs/deep/deeper" "$m/docs/名前" "$m/many" "$m/packed" "$m/gone/inner" "$m/was here"
text report 400 > "$m/docs/report.txt"
text small 3 > "$m/docs/small.txt"
: > "$m/docs/empty.txt"
text kana 50 > "$m/docs/名前/ファイル.txt"
text greek 20 > "$m/docs/Ελληνικά αρχείο.txt"
text emoji 5 > "$m/docs/😀 smile.txt"
text long 10 > "$m/docs/$(printf 'n%.0s' $(seq 1 250)).txt"
ln "$m/docs/report.txt" "$m/docs/deep/same report.txt"
ln "$m/docs/report.txt" "$m/docs/deep/deeper/third name.txt"
text stream 5 > "$m/docs/small.txt:note"
text stream 900 > "$m/docs/small.txt:big note"
text stream 2 > "$m/docs/deep:on a directory"
truncate -s 3M "$m/docs/sparse.bin"; text tail 30 | dd of="$m/docs/sparse.bin" bs=1 seek=1500000 conv=notrunc status=none
setfattr -h -v 0x00000800 -n system.ntfs_attrib_be "$m/packed"
text packed 9000 > "$m/packed/text.txt"
seq 1 300 | while read -r i; do text "mixed $i" 40; done > "$m/packed/mixed.txt"
head -c 200000 "$work/general.img" > "$m/packed/binary.bin"
{ text a 800; openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 00000000000000000000000000000000 -in /dev/zero 2>/dev/null | head -c 66000; text b 900; } > "$m/packed/half random.bin"
truncate -s 400000 "$m/packed/hole.bin"; text end 10 >> "$m/packed/hole.bin"
i=0; while [ $i -lt 220 ]; do echo "$i" > "$m/many/file number $i.txt"; i=$((i + 1)); done
text gone 300 > "$m/gone/inner/lost.txt"; text gone 2 > "$m/gone/small lost.txt"
text moved 3 > "$m/was here/moved.txt"; text left 3 > "$m/was here/left.txt"
umount "$m"
mount_at general.img '2016-05-06 07:08:09'
i=0; while [ $i -lt 220 ]; do [ $((i % 3)) -eq 0 ] && rm "$m/many/file number $i.txt"; i=$((i + 1)); done
rm -r "$m/gone"
mv "$m/was here/moved.txt" "$m/docs/now here.txt"
i=0; while [ $i -lt 12 ]; do text "new $i" $((i * 9)) > "$m/new $i.txt"; i=$((i + 1)); done
umount "$m"
ntfs-3g "$work/general.img" "$m" -o ro,streams_interface=windows
(cd "$m" && find . -type f -exec md5sum {} + | sort -k 2) > "$out/general.md5"
umount "$m"
keep general

# 2. fragments: clusters of 512 bytes, a file in more runs than a record holds, a fragmented $MFT
make fragments.img 4M 512 fragments
mount_at fragments.img '2017-01-01 00:00:00'
text first 60 > "$m/f0"
i=1; while [ $i -lt 60 ]; do ln "$m/f0" "$m/another name of the first file, number $i.txt"; i=$((i + 1)); done
python3 - "$m" <<'PY'
import os, sys
def write(name, content):
    with open(f'{sys.argv[1]}/{name}', 'wb') as f:
        f.write(content)
made = 1
try:
    while made < 4000:
        write(f'f{made}', (b'%d ' % made * 400)[:900])
        made += 1
except OSError:
    if os.path.exists(f'{sys.argv[1]}/f{made}'):
        os.remove(f'{sys.argv[1]}/f{made}')  # the volume is full
for i in range(2, made, 2):
    os.remove(f'{sys.argv[1]}/f{i}')
with open(f'{sys.argv[1]}/holes.bin', 'wb', buffering=0) as f:
    for i in range(700):
        f.seek(i * 2048)
        f.write((b'h %d ' % i * 200)[:512])
try:
    with open(f'{sys.argv[1]}/a.bin', 'wb', buffering=0) as f:
        for i in range(150):
            f.write((b'a %d ' % i * 300)[:1024])
except OSError:
    pass
PY
text stream 40 > "$m/a.bin:second"
umount "$m"
ntfs-3g "$work/fragments.img" "$m" -o ro,streams_interface=windows
(cd "$m" && find . -type f -exec md5sum {} + | sort -k 2) > "$out/fragments.md5"
umount "$m"
keep fragments
python3 "$here/tools/tsk_owners.py" "$work/fragments.img" > "$out/fragments.owners.txt"

# 3. big clusters: 64 KiB
make clusters64k.img 20M 65536 clusters64k
mount_at clusters64k.img '2018-01-01 00:00:00'
mkdir "$m/dir"; text one 4000 > "$m/dir/one.txt"; text two 2 > "$m/dir/two.txt"; text three 90 > "$m/dir/three.txt"; rm "$m/dir/two.txt"
i=0; while [ $i -lt 100 ]; do echo $i > "$m/dir/entry number $i.txt"; i=$((i + 1)); done
umount "$m"
keep clusters64k

# 4. packed by the Windows Overlay Filter, links
make wof.img 8M 4096 wof
mount_at wof.img '2019-01-01 00:00:00'
{ text wof 3000; head -c 60000 "$work/general.img" | tail -c 8000; openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 0 -in /dev/zero 2>/dev/null | head -c 9000; text end 2500; } > "$work/plain"
python3 -c '
import sys, struct
out = bytearray()
for i in range(9000):
    out += b"\x55\x89\xe5" + bytes([0x83, 0xec, i % 32]) + b"\xe8" + struct.pack("<i", (i * 7919) % 60000 - len(out)) + b"\xc9\xc3"
sys.stdout.buffer.write(out)' > "$work/x86"
sums=$out/wof.md5; : > "$sums"
pack xpress4k.bin 00000000 xpress 4K "$work/plain"
pack lzx.bin 01000000 lzx 32K "$work/plain"
pack xpress8k.bin 02000000 xpress 8K "$work/plain"
pack xpress16k.bin 03000000 xpress 16K "$work/plain"
pack lzx-x86.bin 01000000 lzx 32K "$work/x86"
mkdir "$m/target"; mkdir "$m/junction"; : > "$m/link.txt"
python3 - "$m" <<'PY'
import os, struct, sys
def names(*texts):
    raw, places = b'', []
    for t in texts:
        b = t.encode('utf-16-le'); places += [len(raw), len(b)]; raw += b + b'\0\0'
    return places, raw
p, raw = names('\\??\\C:\\target', 'C:\\target')
data = struct.pack('<4H', *p) + raw
os.setxattr(sys.argv[1] + '/junction', 'system.ntfs_reparse_data', struct.pack('<IHH', 0xA0000003, len(data), 0) + data, follow_symlinks=False)
p, raw = names('target\\x.txt', 'target\\x.txt')
data = struct.pack('<4HI', *p, 1) + raw
os.setxattr(sys.argv[1] + '/link.txt', 'system.ntfs_reparse_data', struct.pack('<IHH', 0xA000000C, len(data), 0) + data, follow_symlinks=False)
PY
umount "$m"
keep wof
fi

if part overlay; then
# 4b. what the Windows Overlay Filter does not keep in the file: a resource of a WIM, an unknown provider, a stream that is gone; and a long file
make wof-other.img 24M 4096 wof-other
mount_at wof-other.img '2019-01-01 00:00:00'
overlay() { truncate -s "$2" "$m/$1"; setfattr -h -n system.ntfs_reparse_data -v "0x17000080$3" "$m/$1"; }
overlay wim.dll 50000 2c0000000100000001000000020000000000000007000000000000000102030405060708090a0b0c0d0e0f1011121314
overlay provider9.dll 40000 10000000010000000900000001000000ffffffff
overlay algorithm9.dll 40000 1000000001000000020000000100000009000000
overlay gone.dll 30000 1000000001000000020000000100000000000000
{ yes 'an ordinary line of a long file' || :; } | head -c 70000000 > "$work/long"
sums=$out/wof-other.md5; : > "$sums"
pack long.txt 01000000 lzx 32K "$work/long"
echo plain > "$m/plain.txt"
umount "$m"
keep wof-other
fi

if part sectors4k; then
# 5. sectors of 4,096 bytes, so records of 4,096 bytes too: with clusters as large, and with clusters of 64 KiB
for c in 4096 65536; do
    name=sectors4k-clusters$((c / 1024))k
    make "$name.img" 24M "$c" "$name" 4096
    mount_at "$name.img" '2018-02-03 04:05:06'
    mkdir "$m/dir" "$m/gone"
    text one 4000 > "$m/dir/one.txt"; text two 2 > "$m/dir/two.txt"; text three 90 > "$m/dir/three.txt"; : > "$m/empty.txt"
    head -c 3000 "$m/dir/three.txt" > "$m/resident in a large record.txt"
    text stream 60 > "$m/dir/three.txt:named"; text stream 900 > "$m/dir/three.txt:named and large"
    ln "$m/dir/one.txt" "$m/second name.txt"
    truncate -s 3M "$m/sparse.bin"; text tail 30 | dd of="$m/sparse.bin" bs=1 seek=1500000 conv=notrunc status=none
    i=0; while [ $i -lt 160 ]; do echo $i > "$m/dir/entry number $i.txt"; i=$((i + 1)); done
    text gone 300 > "$m/gone/lost.txt"
    umount "$m"
    mount_at "$name.img" '2018-02-04 04:05:06'
    rm "$m/dir/two.txt"; rm -r "$m/gone"
    i=0; while [ $i -lt 160 ]; do [ $((i % 4)) -eq 0 ] && rm "$m/dir/entry number $i.txt"; i=$((i + 1)); done
    i=0; while [ $i -lt 9 ]; do text "new $i" 20 > "$m/new $i.txt"; i=$((i + 1)); done
    umount "$m"
    ntfs-3g "$work/$name.img" "$m" -o ro,streams_interface=windows
    (cd "$m" && { find . -type f -exec md5sum {} +; md5sum "./dir/three.txt:named" "./dir/three.txt:named and large"; } | sort -k 2) > "$out/$name.md5"
    umount "$m"
    keep "$name"
done
fi

{
    printf 'file\tsha256\torigin\tlicence\texpectation\n'
    for f in general fragments clusters64k wof wof-other sectors4k-clusters4k sectors4k-clusters64k; do
        for g in "$f.img.gz" "$f.fls.txt.gz" "$f.md5" "$f.owners.txt"; do
            [ -f "$out/$g" ] || continue
            case $g in
                *.img.gz) e='' ;;
                *.owners.txt) e="istat, blkstat and ifind -a -d (sleuthkit $(fls -V | sed 's/.*ver //')), by tools/tsk_owners.py" ;;
                wof*.md5) e='md5sum of the files before wimlib packed them' ;;
                *.md5) e='md5sum through the ntfs-3g mount' ;;
                *) e="fls -r -p -m '' -h, lines about \$FILE_NAME left out (sleuthkit $(fls -V | sed 's/.*ver //'))" ;;
            esac
            printf '%s\t%s\tmade by tools/make_ntfs_fixtures.sh\tApache-2.0\t%s\n' "$g" "$(sha256sum < "$out/$g" | cut -d' ' -f1)" "$e"
        done
    done
} > "$out/MANIFEST.tsv"
ls -l "$out"
