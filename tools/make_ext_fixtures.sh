#!/usr/bin/env bash
# Makes fixtures/ext: small ext2/3/4 volumes by mke2fs and the kernel's own driver, and beside each what the Sleuth Kit reads in it.
# usage: make_ext_fixtures.sh [NAME...]    only these fixtures; all of them where none is named
# Needs root, loop devices, e2fsprogs, attr, acl, python3 and sleuthkit, and for ext4-encrypted a kernel with fscrypt. The images differ from run to run (UUIDs, times); the expectations are made with them.
set -euo pipefail
only=("$@")
wanted() { [ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " == *" $1 "* ]]; }
out=$(cd "$(dirname "$0")/.." && pwd)/fixtures/ext
work=$(mktemp -d "${TMPDIR:-/var/tmp}/ext-fixtures.XXXXXX")
mnt=$work/mnt
mkdir -p "$out" "$mnt"
cleanup() { umount "$mnt" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT

text() { local i; for ((i = 0; i < $2; i++)); do printf '%s line %06d\n' "$1" "$i"; done; }

# fill DIR DEEP: ordinary files, links, sparse and preallocated files, a big directory, names in several scripts.
fill() {
    local d=$1
    mkdir -p "$d/documents" "$d/pictures/2024" "$d/empty" "$d/многоязычное/日本語"
    text letter 40 > "$d/documents/letter.txt"
    text report 3000 > "$d/documents/report.txt"
    : > "$d/documents/nothing.txt"
    text paint 700 > "$d/pictures/2024/drawing.svg"
    text cyr 5 > "$d/многоязычное/письмо.txt"
    text jp 6 > "$d/многоязычное/日本語/手紙.txt"
    text accent 7 > "$d/café – naïve.txt"
    printf 'latin1 name' > "$d/$(printf 'caf\351.txt')"
    ln "$d/documents/letter.txt" "$d/pictures/same-letter.txt"
    ln -s documents/letter.txt "$d/fast-link"
    ln -s "$(printf 'far/%.0s' $(seq 1 40))away" "$d/slow-link"
    dd if=/dev/zero of="$d/sparse.bin" bs=1 count=0 seek=3000000 2>/dev/null
    printf 'middle' | dd of="$d/sparse.bin" bs=1 seek=1500000 conv=notrunc 2>/dev/null
    printf 'end' | dd of="$d/sparse.bin" bs=1 seek=2999990 conv=notrunc 2>/dev/null
    mkfifo "$d/pipe"
    mknod "$d/device" c 4 65
    mknod "$d/disk" b 259 300
    touch -d '1965-03-04 05:06:07' "$d/before-1970.txt" 2>/dev/null || true
    local at=$d/deep i
    for ((i = 0; i < ${2:-20}; i++)); do at=$at/level$i; done
    mkdir -p "$at"
    text deep 3 > "$at/bottom.txt"
    mkdir "$d/many"
    for ((i = 0; i < ${3:-120}; i++)); do printf 'file %d' "$i" > "$d/many/a rather ordinary name number $i.txt"; done
}

# change DIR: deletions, names overwritten, inodes used again, renames.
change() {
    local d=$1 i
    sync
    rm "$d/documents/report.txt"
    for ((i = 0; i < ${2:-120}; i += 3)); do rm "$d/many/a rather ordinary name number $i.txt"; done
    mkdir "$d/gone" && text gone 30 > "$d/gone/inside.txt" && text gone2 300 > "$d/gone/second.txt"
    sync
    rm -r "$d/gone"
    sync
    for ((i = 0; i < 10; i++)); do text new 20 > "$d/documents/new $i.txt"; done
    mv "$d/documents/new 3.txt" "$d/pictures/moved.txt"
    rm "$d/documents/new 5.txt"
    sync
}

attributes() {
    local d=$1
    setfattr -n user.comment -v 'seen by the examiner' "$d/documents/letter.txt"
    setfattr -n user.bytes -v 0x00ff10 "$d/documents/letter.txt"
    setfattr -n user.long -v "$(text v 30 | head -c 600)" "$d/pictures/2024/drawing.svg"
    setfacl -m u:1234:rw "$d/documents/nothing.txt"
    fallocate -l 200000 "$d/preallocated.bin"
    printf 'start' | dd of="$d/preallocated.bin" conv=notrunc 2>/dev/null
    : > "$d/kept-size.bin"
    fallocate -n -l 100000 "$d/kept-size.bin"
    text frag 100 > "$d/fragmented.bin"
    local i
    for ((i = 2; i < 60; i += 2)); do printf 'piece %d' "$i" | dd of="$d/fragmented.bin" bs=4096 seek="$i" conv=notrunc 2>/dev/null; sync -f "$d"; done
    chattr +i "$d/documents/new 1.txt"
    touch -d '2100-01-02 03:04:05.123456789' "$d/after-2038.txt"
}

# files NAME DIR: what the kernel reads: MD5, size, modification time and path of every ordinary file.
files() {
    (cd "$2" && find . -xdev -type f -print0 | LC_ALL=C sort -z | while IFS= read -r -d '' f; do
        printf '%s|%s|%s|%s\n' "$(md5sum < "$f" | cut -d' ' -f1)" "$(stat -c %s "$f")" "$(stat -c %Y "$f")" "${f#./}"
    done) > "$out/$1.files.txt"
}

# finish NAME: what the Sleuth Kit reads (it does not read bigalloc), and the gzip.
finish() {
    local by="the kernel, in $1.files.txt"
    if TZ=UTC fls -r -p -m "" -h "$work/$1.img" > "$out/$1.fls.txt"; then by="$by; the Sleuth Kit (fls), in $1.fls.txt"; else rm "$out/$1.fls.txt"; fi
    gzip -9 -n -c "$work/$1.img" > "$out/$1.img.gz"
    by="$by${3:-}"
    sed -i "/^$1\.img\.gz\t/d" "$out/MANIFEST.tsv"
    printf '%s.img.gz\t%s\tmade by tools/make_ext_fixtures.sh (mke2fs %s)\tCC0-1.0\t%s\n' \
        "$1" "$(sha256sum < "$out/$1.img.gz" | cut -d' ' -f1)" "$2" "$by" >> "$out/MANIFEST.tsv"
}

# mounted NAME SIZE "mke2fs options" [attributes]
mounted() {
    wanted "$1" || return 0
    truncate -s "$2" "$work/$1.img"
    # shellcheck disable=SC2086
    mke2fs -q -F -L "$1" -E lazy_itable_init=0,hash_seed=5b3a7c11-9d0e-4d4f-8a52-0d9f6a1c2e3b -U 5b3a7c11-9d0e-4d4f-8a52-0d9f6a1c2e3b $3 "$work/$1.img"
    mount -o loop "$work/$1.img" "$mnt"
    fill "$mnt" 20 "${5:-120}"
    change "$mnt" "${5:-120}"
    if [ -n "${4:-}" ]; then
        attributes "$mnt"
        # A file unlinked while it is open: a copy of the volume is taken meanwhile.
        text open 50 > "$mnt/documents/open.txt"
        exec 9< "$mnt/documents/open.txt"
        rm "$mnt/documents/open.txt"
        sync
        fsfreeze -f "$mnt" 2>/dev/null || true
        cp --sparse=always "$work/$1.img" "$work/copy.img"
        fsfreeze -u "$mnt" 2>/dev/null || true
        exec 9<&-
    fi
    files "$1" "$mnt"
    umount "$mnt"
    if [ -n "${4:-}" ]; then mv "$work/copy.img" "$work/$1.img"; fi
    finish "$1" "$3"
}

# populated NAME SIZE "mke2fs options": from a folder, without the kernel (inline data, and blocks larger than a page, do not mount everywhere).
populated() {
    wanted "$1" || return 0
    rm -rf "$work/tree"
    mkdir "$work/tree"
    fill "$work/tree" 8 "${4:-30}"
    rm -f "$work/tree/$(printf 'caf\351.txt')"
    setfattr -n user.comment -v 'short' "$work/tree/documents/letter.txt" 2>/dev/null || true
    printf 'tiny' > "$work/tree/tiny.txt"
    text hundred 6 | head -c 100 > "$work/tree/hundred.txt"
    mkdir "$work/tree/small" && : > "$work/tree/small/a" && : > "$work/tree/small/b"
    truncate -s "$2" "$work/$1.img"
    # shellcheck disable=SC2086
    mke2fs -q -F -L "$1" -E hash_seed=5b3a7c11-9d0e-4d4f-8a52-0d9f6a1c2e3b -U 5b3a7c11-9d0e-4d4f-8a52-0d9f6a1c2e3b $3 -d "$work/tree" "$work/$1.img"
    rm "$work/tree/many/a rather ordinary name number 7.txt" "$work/tree/small/b"
    files "$1" "$work/tree"
    debugfs -w -R 'rm "/many/a rather ordinary name number 7.txt"' "$work/$1.img" 2>/dev/null
    debugfs -w -R 'rm "/small/b"' "$work/$1.img" 2>/dev/null
    finish "$1" "$3"
}

# made NAME SIZE "mke2fs options": an empty volume, mounted.
made() {
    truncate -s "$2" "$work/$1.img"
    # shellcheck disable=SC2086
    mke2fs -q -F -L "$1" -E lazy_itable_init=0,hash_seed=5b3a7c11-9d0e-4d4f-8a52-0d9f6a1c2e3b -U 5b3a7c11-9d0e-4d4f-8a52-0d9f6a1c2e3b $3 "$work/$1.img"
    mount -o loop "$work/$1.img" "$mnt"
}

# eainode NAME SIZE "mke2fs options": values of attributes in inodes of their own; what the kernel reads of them is in NAME.xattr.txt.
eainode() {
    wanted "$1" || return 0
    made "$@"
    text letter 40 > "$mnt/letter.txt"
    text copy 4 > "$mnt/copy.txt"
    mkdir "$mnt/folder"
    ln -s letter.txt "$mnt/link"
    python3 - "$mnt" > "$out/$1.xattr.txt" <<'PY'
import hashlib, os, sys
top = sys.argv[1]
text = lambda word, size: b"".join(b"%s line %06d\n" % (word, i) for i in range(size))[:size]
shared = text(b"shared", 20000)
values = [
    ("letter.txt", "user.text", text(b"text", 50000)),
    ("letter.txt", "user.largest", text(b"largest", 65536)),
    ("letter.txt", "user.bytes", bytes(i * i % 251 for i in range(30000))),
    ("letter.txt", "user.small", b"in the inode"),
    ("letter.txt", "user.shared", shared),
    ("copy.txt", "user.shared", shared),
    ("folder", "user.text", text(b"folder", 9000)),
    ("link", "trusted.text", text(b"link", 7000)),
]
for path, name, value in values:
    os.setxattr(os.path.join(top, path), name, value, follow_symlinks=False)
os.sync()
for path, name, _ in values:
    value = os.getxattr(os.path.join(top, path), name, follow_symlinks=False)
    print(f"{hashlib.md5(value).hexdigest()}|{len(value)}|{name}|{path}")
PY
    files "$1" "$mnt"
    umount "$mnt"
    finish "$1" "$3" "; the kernel (getxattr), in $1.xattr.txt"
}

# encrypted NAME SIZE "mke2fs options": a directory under an fscrypt policy (version 2, AES-256-XTS and AES-256-CTS, a key that is in this script).
# NAME.nokey.txt is what the kernel lists without the key: inode, type, size, modification time, path. A name without key is base64url of the
# directory hash (8 bytes) and the name's bytes on the disk.
encrypted() {
    wanted "$1" || return 0
    made "$@"
    text plain 40 > "$mnt/plain.txt"
    python3 - "$mnt" <<'PY'
import fcntl, os, struct, sys
top, key = sys.argv[1], bytes(range(64))
folder = os.path.join(top, "secret")
os.mkdir(folder)
at = os.open(top, os.O_RDONLY)
add = bytearray(struct.pack("<II32sII32s", 2, 0, b"", len(key), 0, b"") + key)
fcntl.ioctl(at, 0xC0506617, add)                                   # FS_IOC_ADD_ENCRYPTION_KEY
identifier = bytes(add[8:24])
at = os.open(folder, os.O_RDONLY)
fcntl.ioctl(at, 0x800C6613, bytearray(struct.pack("<BBBBB3s16s", 2, 1, 4, 3, 0, b"", identifier)))  # FS_IOC_SET_ENCRYPTION_POLICY
def write(path, content):
    with open(os.path.join(folder, path), "wb") as f:
        f.write(content)
write("letter.txt", b"".join(b"secret line %06d\n" % i for i in range(600)))
write("nothing.txt", b"")
os.mkdir(os.path.join(folder, "inner"))
write("inner/picture.jpg", b"\xff\xd8\xff\xe0 a drawing" * 300)
os.symlink("letter.txt", os.path.join(folder, "short link"))
os.symlink("far/" * 40 + "away", os.path.join(folder, "long link"))
os.mkdir(os.path.join(folder, "many"))
for i in range(200):
    write(f"many/a rather ordinary name number {i}.txt", b"file %d" % i)
os.sync()
for i in range(0, 200, 10):
    os.remove(os.path.join(folder, f"many/a rather ordinary name number {i}.txt"))
PY
    umount "$mnt"
    mount -o loop,ro "$work/$1.img" "$mnt"
    (cd "$mnt" && find secret -printf '%i|%y|%s|%T@|%p\n' | LC_ALL=C sort -t '|' -k 5) > "$out/$1.nokey.txt"
    rm -rf "$work/tree" && mkdir "$work/tree" && cp -p "$mnt/plain.txt" "$work/tree"
    umount "$mnt"
    files "$1" "$work/tree"
    finish "$1" "$3" "; the kernel without the key, in $1.nokey.txt"
}

# verity NAME SIZE "mke2fs options": i_size is the file's own, and after the next multiple of 64 KiB come the hash tree and its descriptor
# (Documentation/filesystems/fsverity, ext4), here bytes of the same number: what they hold is not looked at.
verity() {
    wanted "$1" || return 0
    made "$@"
    text verified 3000 > "$mnt/verified.txt"
    text plain 40 > "$mnt/plain.txt"
    files "$1" "$mnt"
    local size
    size=$(stat -c %s "$mnt/verified.txt")
    text hashes 400 | dd of="$mnt/verified.txt" bs=65536 seek=$(((size + 65535) / 65536)) conv=notrunc 2> /dev/null
    umount "$mnt"
    debugfs -w -R "sif verified.txt size $size" "$work/$1.img" 2> /dev/null
    debugfs -w -R 'sif verified.txt flags 0x180000' "$work/$1.img" 2> /dev/null
    debugfs -R 'cat verified.txt' "$work/$1.img" 2> /dev/null | md5sum | cut -d' ' -f1 | grep -qf - "$out/$1.files.txt"
    finish "$1" "$3"
}

if [ ${#only[@]} -eq 0 ]; then rm -f "$out"/*; fi
touch "$out/MANIFEST.tsv"
mounted ext2-1k 12M '-t ext2 -b 1024 -I 128'
mounted ext3-1k 12M '-t ext3 -b 1024 -J size=1' '' 300
mounted ext4-4k 24M '-t ext4 -b 4096 -J size=4 -O 64bit,metadata_csum,orphan_file' yes 400
mounted ext4-plain 24M '-t ext4 -b 1024 -I 256 -J size=1 -O ^metadata_csum,uninit_bg,^64bit,ea_inode,large_dir' yes
mounted ext4-bigalloc 32M '-t ext4 -b 1024 -C 4096 -O bigalloc,sparse_super2,^resize_inode,^has_journal'
mounted ext4-metabg 16M '-t ext4 -b 1024 -I 1024 -O meta_bg,^resize_inode,^has_journal,^flex_bg -g 1024'
populated ext4-inline 8M '-t ext4 -b 4096 -I 256 -O inline_data,^has_journal'
populated ext4-64k 32M '-t ext4 -b 65536 -O ^has_journal'
populated ext2-rev0 4M '-t ext2 -r 0 -b 1024'
populated ext4-casefold 8M '-t ext4 -b 1024 -I 512 -O casefold,encrypt,^has_journal -E encoding=utf8'
eainode ext4-eainode 8M '-t ext4 -b 4096 -I 256 -O ea_inode,metadata_csum,^has_journal'
encrypted ext4-encrypted 8M '-t ext4 -b 4096 -I 256 -O encrypt,metadata_csum,^has_journal'
verity ext4-verity 8M '-t ext4 -b 4096 -I 256 -O verity,metadata_csum,^has_journal'
ls -la "$out"
