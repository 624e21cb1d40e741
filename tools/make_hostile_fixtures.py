#!/usr/bin/env python3
"""Makes fixtures/hostile: small ext2 volumes whose names and links attack whoever reads them.

usage: make_hostile_fixtures.py OUTDIR     (root, loop devices, Debian's e2fsprogs and sleuthkit)

names.img.gz   on-disk names "../evil", "/abs", ESC sequences, right-to-left override, newline, invalid UTF-8, "=1+1"
loop.img.gz    a directory entry that leads back to the root, and one to its own parent
deep.img.gz    10,000 directories, one in the other, with a file in the last
Every name is made through the kernel; then bytes of directory entries are patched in the image, which has neither
directory indexes nor checksums, so that the rest of the volume stays sound. Beside each: its listing by fls.
"""
import gzip, hashlib, os, subprocess, sys, tempfile


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, **more).stdout


def volume(path, kib, inodes, fill):
    with open(path, "wb") as f:
        f.truncate(kib * 1024)
    run("mke2fs", "-q", "-t", "ext2", "-b", "1024", "-I", "128", "-N", str(inodes), "-O", "^dir_index,^resize_inode", "-U",
        "11111111-2222-3333-4444-555555555555", "-E", "hash_seed=11111111-2222-3333-4444-555555555555", path)
    mount = tempfile.mkdtemp()
    run("mount", "-o", "loop,noatime", path, mount)
    try:
        fill(os.fsencode(mount))
    finally:
        run("umount", mount)
        os.rmdir(mount)


def put(folder, name, content):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(content)


def patch(path, old, new):
    assert len(old) == len(new)
    data = open(path, "rb").read()
    assert data.count(old) == 1, (old, data.count(old))
    open(path, "wb").write(data.replace(old, new))


def names(mount):
    put(mount, b"PATCH-up-evil", b"a name that climbs\n")
    put(mount, b"PATCH-absolute", b"an absolute name\n")
    put(mount, b"\x1b[31mred\x1b[0m\x07bell", b"terminal escapes\n")
    put(mount, "invoice\u202Efdp.exe".encode(), b"a right-to-left override\n")
    put(mount, b"two\nlines", b"a newline\n")
    put(mount, b"bad-\xff\xfe-utf8", b"invalid UTF-8\n")
    put(mount, b"=1+1|cmd", b"a formula\n")
    put(mount, "имя-文件-ملف".encode(), b"ordinary names of the world\n")


def loop(mount):
    os.makedirs(os.path.join(mount, b"a/b/LOOPROOT"))
    os.makedirs(os.path.join(mount, b"a/b/LOOPSELF"))
    put(mount, b"a/b/file.txt", b"still read\n")


def deep(mount):
    fd = os.open(mount, os.O_RDONLY)
    for _ in range(10_000):
        os.mkdir(b"d", dir_fd=fd)
        below = os.open(b"d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    file = os.open(b"bottom.txt", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=fd)
    os.write(file, b"ten thousand levels down\n")
    os.close(file)
    os.close(fd)


def entry_inode(path, name):
    """Offset of the inode field of the directory entry called NAME: 8 bytes before the name."""
    data = open(path, "rb").read()
    assert data.count(name) == 1
    return data.index(name) - 8


def main():
    out = sys.argv[1]
    rows = []
    with tempfile.TemporaryDirectory() as work:
        for label, kib, inodes, fill in (("names", 256, 64, names), ("loop", 256, 64, loop), ("deep", 14_000, 10_100, deep)):
            path = os.path.join(work, label + ".img")
            volume(path, kib, inodes, fill)
            if label == "names":
                patch(path, b"PATCH-up-evil", b"../../up-evil")
                patch(path, b"PATCH-absolute", b"/etc/passwd-xx")
            if label == "loop":
                data = bytearray(open(path, "rb").read())
                a = int(run("debugfs", "-R", "stat /a", path).split(b"Inode: ")[1].split()[0])
                at = entry_inode(path, b"LOOPROOT")
                data[at:at + 4] = (2).to_bytes(4, "little")
                at = entry_inode(path, b"LOOPSELF")
                data[at:at + 4] = a.to_bytes(4, "little")
                open(path, "wb").write(data)
            name = label + ".img.gz"
            with open(path, "rb") as f, open(os.path.join(out, name), "wb") as target:
                with gzip.GzipFile(filename="", mode="wb", fileobj=target, mtime=0, compresslevel=9) as packed:
                    packed.write(f.read())
            expected = "debugfs, fls 4.11.1"
            if label != "deep":  # the Sleuth Kit stops at 128 levels
                listing = subprocess.run(("fls", "-r", "-p", path), capture_output=True, env=dict(os.environ, TZ="UTC")).stdout
                open(os.path.join(out, label + ".fls.txt"), "wb").write(listing)
            packed = open(os.path.join(out, name), "rb").read()
            rows.append(f"{name}\t{hashlib.sha256(packed).hexdigest()}\ttools/make_hostile_fixtures.py\tApache-2.0\t{expected}\n")
    with open(os.path.join(out, "MANIFEST.tsv"), "w") as f:
        f.write("file\tsha256\torigin\tlicence\texpectation from\n")
        f.writelines(rows)


main()
