#!/usr/bin/env python3
"""Makes fixtures/embedded: one folder for each format of files within files.

usage: make_embedded_fixtures.py OUTDIR     (Debian's python3-pil, p7zip-full, zip, xz-utils, zstd, bzip2, exiftool, ffmpeg, qpdf)

Beside a fixture NAME lies NAME.members.tsv with what it holds: path, kind, size, MD5, one line a member in the order of the file. The lines
come from what was put in, never from reading it out again. "-" stands for a member without content. Every folder has its MANIFEST.tsv.
"""
import base64, binascii, email, gzip, hashlib, io, os, quopri, struct, subprocess, sys, tarfile, tempfile, zipfile, zlib
from PIL import Image, ImageDraw

OUT = sys.argv[1]
WHEN = (2024, 5, 6, 7, 8, 10)
MANIFESTS = {}


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, **more).stdout


def picture(number, width=64, height=48, form="JPEG", **more):
    """A drawn picture: a landscape of plain shapes, another for each number."""
    image = Image.new("RGB", (width, height), (135, 180 + number % 50, 235))
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, height * 2 // 3, width, height], fill=(60, 140 + number * 7 % 60, 60))
    draw.ellipse([width // 8 + number % 9, height // 8, width // 3 + number % 9, height // 3 + height // 8], fill=(250, 220, 80))
    draw.polygon([(width // 2, height // 4), (width * 3 // 4, height * 2 // 3), (width // 4 + number % 13, height * 2 // 3)], fill=(110, 100, 100 + number * 11 % 90))
    data = io.BytesIO()
    image.save(data, form, **more)
    return data.getvalue()


def put(folder, name, data, members, how, licence="CC0-1.0"):
    """Writes a fixture and what it holds: a list of (path, kind, bytes or None)."""
    place = os.path.join(OUT, folder)
    os.makedirs(place, exist_ok=True)
    with open(os.path.join(place, name), "wb") as f:
        f.write(data)
    if members is not None:
        with open(os.path.join(place, name + ".members.tsv"), "w", encoding="utf-8") as f:
            for path, kind, content in members:
                f.write("\t".join([path, kind] + (["-", "-"] if content is None else [str(len(content)), hashlib.md5(content).hexdigest()])) + "\n")
    MANIFESTS.setdefault(folder, []).append((name, hashlib.sha256(data).hexdigest(), how, licence, name + ".members.tsv" if members is not None else "the test"))


def manifests():
    for folder, rows in MANIFESTS.items():
        with open(os.path.join(OUT, folder, "MANIFEST.tsv"), "w") as f:
            f.write("file\tsha256\torigin\tlicence\texpectation\n")
            for name, digest, how, licence, expectation in sorted(rows):
                f.write(f"{name}\t{digest}\ttools/make_embedded_fixtures.py ({how})\t{licence}\t{expectation}\n")


def in_folder(files, *commands, result):
    """Runs commands in a folder that holds the files, all of one time, and returns the bytes of the result."""
    with tempfile.TemporaryDirectory() as place:
        for name, data in files:
            path = os.path.join(os.fsencode(place), os.fsencode(name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(data)
            os.utime(path, (1714979290, 1714979290))
        for command in commands:
            run(*command, cwd=place)
        with open(os.path.join(place, result), "rb") as f:
            return f.read()


FILES = [("a.txt", b"the first file\n" * 20), ("folder/picture.jpg", picture(1)), ("folder/empty.dat", b""), ("zeros.bin", bytes(100_000))]
AS_MEMBERS = [(name, "Member", data) for name, data in FILES]


def python_zip(entries):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in entries:
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            z.writestr(info, content)
    return data.getvalue()


def make_zip():
    names = [name for name, _ in FILES]
    put("zip", "plain.zip", in_folder(FILES, ["zip", "-X", "-D", "x.zip", *names], result="x.zip"), AS_MEMBERS, "Info-ZIP zip")
    put("zip", "zipcrypto.zip", in_folder(FILES, ["zip", "-X", "-D", "-P", "correct horse", "x.zip", *names], result="x.zip"), AS_MEMBERS, "Info-ZIP zip")
    for bits in (128, 256):
        data = in_folder(FILES, ["7z", "a", "-tzip", f"-mem=AES{bits}", "-pcorrect horse", "x.zip", *names], result="x.zip")
        put("zip", f"aes{bits}.zip", data, sorted(AS_MEMBERS), "7-Zip, which sorts by name")
    evil = [("../../evil.txt", b"up\n"), ("/etc/absolute.txt", b"root\n"), ("tab\there.txt", b"control\n")]
    put("zip", "names.zip", python_zip(evil), [("evil.txt", "Member", evil[0][1]), ("etc/absolute.txt", "Member", evil[1][1]), ("tab\\there.txt", "Member", evil[2][1])], "python zipfile")

    # Documents are packages; the parts that tell their kind come first, as their makers write them.
    types = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    for kind, part, media in (("docx", "word/document.xml", "word/media/image1.png"), ("xlsx", "xl/workbook.xml", "xl/media/image1.png"), ("pptx", "ppt/presentation.xml", "ppt/media/image1.png")):
        embedded = os.path.dirname(os.path.dirname(media)) + "/embeddings/oleObject1.bin"
        entries = [("[Content_Types].xml", types), ("_rels/.rels", b"<Relationships/>"), (part, b"<document/>"), (media, picture(3, form="PNG")), (embedded, b"an object of another program"), ("docProps/thumbnail.jpeg", picture(4, 32, 24))]
        put("zip", "document." + kind, python_zip(entries), [(n, "Object" if "/media/" in n or "/embeddings/" in n else "Thumbnail" if "thumbnail" in n else "Member", c) for n, c in entries], "python zipfile")
    for kind, mime in (("odt", "text"), ("ods", "spreadsheet"), ("odp", "presentation")):
        entries = [("mimetype", b"application/vnd.oasis.opendocument." + mime.encode()), ("content.xml", b"<office/>"), ("Pictures/1.jpg", picture(5)), ("Thumbnails/thumbnail.png", picture(6, 32, 24, "PNG"))]
        put("zip", "document." + kind, python_zip(entries), [(n, "Object" if n.startswith("Pictures/") else "Thumbnail" if "thumbnail" in n else "Member", c) for n, c in entries], "python zipfile")

    # Two records of the directory lead to the same data: the second is refused.
    plain = bytearray(python_zip([("a.bin", bytes(50_000)), ("b.bin", bytes(50_000))]))
    second = plain.index(b"PK\x01\x02", plain.index(b"PK\x01\x02") + 4)
    plain[second + 42:second + 46] = bytes(4)
    put("zip", "overlap.zip", bytes(plain), None, "python zipfile, an offset changed")
    put("zip", "cut.zip", in_folder(FILES, ["zip", "-X", "-D", "x.zip", *names], result="x.zip")[:700], None, "Info-ZIP zip, cut")


def make_tar():
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as t:
        for name, content in FILES + [("../outside.txt", b"up\n")]:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1714979290
            t.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname, link.mtime = tarfile.SYMTYPE, "a.txt", 1714979290
        t.addfile(link)
    put("tar", "plain.tar", data.getvalue(), AS_MEMBERS + [("outside.txt", "Member", b"up\n"), ("link", "Member", None)], "python tarfile")


def make_compressed():
    text = b"".join(b"line %d of a text that is compressed\n" % i for i in range(5000))
    named = io.BytesIO()
    with gzip.GzipFile("text.txt", "wb", fileobj=named, mtime=1714979290) as g:
        g.write(text)
    put("compressed", "named.gz", named.getvalue(), [("text.txt", "Member", text)], "python gzip")
    put("compressed", "two.gz", gzip.compress(text, mtime=0) + gzip.compress(b"second\n", mtime=0), [("content", "Member", text + b"second\n")], "python gzip")
    for name, command in (("text.bz2", ["bzip2", "-9"]), ("text.xz", ["xz", "-6"]), ("blocks.xz", ["xz", "-3", "--block-size=65536"]), ("text.zst", ["zstd", "-19"])):
        data = run(*command, "-c", input=text)
        put("compressed", name, data, [("content", "Member", text)], command[0])
    put("compressed", "two.bz2", run("bzip2", "-c", input=text) + run("bzip2", "-c", input=b"second\n"), [("content", "Member", text + b"second\n")], "bzip2")
    put("compressed", "trailing.bz2", run("bzip2", "-c", input=text) + b"bytes that are no bzip2", [("content", "Member", text)], "bzip2, bytes added")
    for name, command in (("cut.gz", ["gzip"]), ("cut.bz2", ["bzip2"]), ("cut.xz", ["xz"]), ("cut.zst", ["zstd"])):
        data = run(*command, "-c", input=text)
        put("compressed", name, data[:len(data) * 3 // 4], None, command[0] + ", cut")

    # A dictionary of 1.5 GiB, and a window of 2 GiB: both ask for memory and have next to nothing in them.
    put("compressed", "dictionary.xz", run("xz", "--format=xz", "--lzma2=preset=0,dict=1536MiB", "-c", input=b"x" * 100), None, "xz")
    put("compressed", "window.zst", run("zstd", "--ultra", "-22", "--long=31", "-c", input=b"x" * 100), None, "zstd")


def exif(little, thumbnail, extra=b""):
    """An Exif block: IFD0 with one tag, IFD1 with the thumbnail, then more bytes that a maker note names."""
    order = "<" if little else ">"
    head = (b"II" if little else b"MM") + struct.pack(order + "HI", 42, 8)
    exif_at = 8 + 2 + 24 + 4
    ifd1_at = exif_at + 2 + 12 + 4
    data_at = ifd1_at + 2 + 36 + 4
    note_at = data_at + len(thumbnail)
    ifd0 = struct.pack(order + "H", 2) + struct.pack(order + "HHIHH", 0x0112, 3, 1, 1, 0) + struct.pack(order + "HHII", 0x8769, 4, 1, exif_at) + struct.pack(order + "I", ifd1_at)
    sub = struct.pack(order + "H", 1) + struct.pack(order + "HHII", 0x927C, 7, len(extra), note_at) + struct.pack(order + "I", 0)
    ifd1 = (struct.pack(order + "H", 3) + struct.pack(order + "HHIHH", 0x0103, 3, 1, 6, 0) + struct.pack(order + "HHII", 0x0201, 4, 1, data_at)
            + struct.pack(order + "HHII", 0x0202, 4, 1, len(thumbnail)) + struct.pack(order + "I", 0))
    return head + ifd0 + sub + ifd1 + thumbnail + extra


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def with_segments(jpeg, *segments):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def small_video():
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "v.mp4")
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=1", "-c:v", "mpeg4", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1", path)
        with open(path, "rb") as f:
            return f.read()


def make_jpeg():
    main, thumb, preview = picture(10, 320, 240), picture(11, 40, 30), picture(12, 80, 60)
    note = b"MAKER\0\0\0" + preview + b"more of the note"
    for little in (True, False):
        data = with_segments(main, segment(0xE1, b"Exif\0\0" + exif(little, thumb, note)))
        put("jpeg", "exif-%s.jpg" % ("ii" if little else "mm"), data, [("thumbnail.jpg", "Thumbnail", thumb), ("preview-1.jpg", "Preview", preview)], "PIL, python struct")
    irb = b"8BIM" + struct.pack(">HHI", 1036, 0, 28 + len(thumb)) + struct.pack(">IIIIIIHH", 1, 40, 30, 120, 3600, len(thumb), 24, 1) + thumb + (b"\0" if len(thumb) % 2 else b"")
    put("jpeg", "photoshop.jpg", with_segments(main, segment(0xED, b"Photoshop 3.0\0" + irb)), [("photoshop-thumbnail.jpg", "Thumbnail", thumb)], "PIL, python struct")

    # MPF: the index counts from the byte order mark of its own segment, which lies 10 bytes into it.
    second, third = picture(13, 160, 120), picture(14, 96, 72)
    index_bytes = 4 + 8 + 2 + 36 + 4 + 48
    first_bytes = len(main) + 4 + index_bytes
    origin = 2 + 4 + 4
    entries = struct.pack("<IIIHH", 0x20030000, first_bytes, 0, 0, 0) + struct.pack("<IIIHH", 0, len(second), first_bytes - origin, 0, 0) + struct.pack("<IIIHH", 0, len(third), first_bytes + len(second) - origin, 0, 0)
    mpf = (b"MPF\0II" + struct.pack("<HI", 42, 8) + struct.pack("<H", 3) + struct.pack("<HHI4s", 0xB000, 7, 4, b"0100") + struct.pack("<HHII", 0xB001, 4, 1, 3)
           + struct.pack("<HHII", 0xB002, 7, 48, 8 + 2 + 36 + 4) + struct.pack("<I", 0) + entries)
    assert len(mpf) == index_bytes
    put("jpeg", "mpf.jpg", with_segments(main, segment(0xE2, mpf)) + second + third, [("picture-2.jpg", "Preview", second), ("picture-3.jpg", "Preview", third)], "PIL, python struct")

    video = small_video()
    put("jpeg", "motion-google.jpg", main + video, [("motion.mp4", "MotionVideo", video)], "PIL, ffmpeg")
    # Samsung: a record with a name in front of the video, a directory of records after it.
    record = struct.pack("<HHI", 0, 0x0A30, 16) + b"MotionPhoto_Data"
    directory = b"SEFH" + struct.pack("<II", 106, 1) + struct.pack("<HHII", 0, 0x0A30, len(record) + len(video), len(record) + len(video))
    trailer = directory + struct.pack("<I", len(directory)) + b"SEFT"
    put("jpeg", "motion-samsung.jpg", main + record + video + trailer,
        [(f"trailer-{len(main)}.bin", "Member", record), ("motion.mp4", "MotionVideo", video), (f"trailer-{len(main) + len(record) + len(video)}.bin", "Member", trailer)], "PIL, ffmpeg, python struct")
    hidden = python_zip([("hidden.txt", b"put behind a picture\n")])
    put("jpeg", "appended-zip.jpg", main + hidden, [(f"trailer-{len(main)}.bin", "Member", hidden)], "PIL, python zipfile")
    put("jpeg", "plain.jpg", main + bytes(64), [], "PIL")
    loop = bytearray(exif(True, thumb))
    struct.pack_into("<I", loop, 8 + 2 + 24, 8)
    put("jpeg", "exif-loop.jpg", with_segments(main, segment(0xE1, b"Exif\0\0" + bytes(loop))), [("preview-1.jpg", "Preview", thumb)], "PIL, python struct")


def tiff(little, first, second, third):
    """IFD0 with a JPEG by interchange tags and a SubIFD whose only strip is another; IFD1 with a third."""
    order = "<" if little else ">"
    entry = lambda tag, kind, count, value: struct.pack(order + "HHI", tag, kind, count) + (struct.pack(order + "HH", value, 0) if kind == 3 else struct.pack(order + "I", value))
    sub_at, ifd1_at = 8 + 2 + 12 * 4 + 4, 8 + 2 + 12 * 4 + 4 + 2 + 12 * 4 + 4
    data_at = ifd1_at + 2 + 12 * 2 + 4
    at1, at2, at3 = data_at, data_at + len(first), data_at + len(first) + len(second)
    ifd0 = struct.pack(order + "H", 4) + entry(0x00FE, 4, 1, 1) + entry(0x014A, 4, 1, sub_at) + entry(0x0201, 4, 1, at1) + entry(0x0202, 4, 1, len(first)) + struct.pack(order + "I", ifd1_at)
    sub = struct.pack(order + "H", 4) + entry(0x00FE, 4, 1, 1) + entry(0x0103, 3, 1, 7) + entry(0x0111, 4, 1, at2) + entry(0x0117, 4, 1, len(second)) + struct.pack(order + "I", 0)
    ifd1 = struct.pack(order + "H", 2) + entry(0x0201, 4, 1, at3) + entry(0x0202, 4, 1, len(third)) + struct.pack(order + "I", 0)
    return (b"II" if little else b"MM") + struct.pack(order + "HI", 42, 8) + ifd0 + sub + ifd1 + first + second + third


def make_tiff():
    first, second, third = picture(20, 160, 120), picture(21, 320, 240), picture(22, 40, 30)
    for little in (True, False):
        put("tiff", "raw-%s.tif" % ("ii" if little else "mm"), tiff(little, first, second, third),
            [("preview-1.jpg", "Preview", first), ("preview-2.jpg", "Preview", second), ("thumbnail-1.jpg", "Thumbnail", third)], "PIL, python struct")
    head = bytearray(b"FUJIFILMCCD-RAW 0201FF129502" + bytes(200))
    struct.pack_into(">II", head, 84, len(head), len(second))
    put("tiff", "fuji.raf", bytes(head) + second + bytes(100), [("preview.jpg", "Preview", second)], "PIL, python struct")
    plain = io.BytesIO()
    Image.open(io.BytesIO(first)).save(plain, "TIFF")
    put("tiff", "plain.tif", plain.getvalue(), [], "PIL")


def box(kind, *data):
    body = b"".join(data)
    return struct.pack(">I", 8 + len(body)) + kind + body


def make_heif():
    thumb, preview, video = picture(30, 40, 30), picture(31, 160, 120), small_video()
    block = struct.pack(">I", 0) + exif(False, thumb)
    infe = lambda number, kind: box(b"infe", struct.pack(">IHH", 0x02000000, number, 0), kind, b"\0")

    def meta(at):
        iinf = box(b"iinf", struct.pack(">IH", 0, 2), infe(1, b"jpeg"), infe(2, b"Exif"))
        iloc = box(b"iloc", struct.pack(">IBBH", 0, 0x44, 0, 2), struct.pack(">HHHII", 1, 0, 1, at, len(preview)), struct.pack(">HHHII", 2, 0, 1, at + len(preview), len(block)))
        return box(b"meta", struct.pack(">I", 0), box(b"hdlr", struct.pack(">II", 0, 0), b"pict", bytes(13)), iinf, iloc)

    head = box(b"ftyp", b"heic", struct.pack(">I", 0), b"mif1heic")
    body = meta(len(head) + len(meta(0)) + 8)
    put("heif", "items.heic", head + body + box(b"mdat", preview, block) + box(b"mpvd", video),
        [("motion.mp4", "MotionVideo", video), ("preview-1.jpg", "Preview", preview), ("thumbnail.jpg", "Thumbnail", thumb)], "PIL, ffmpeg, python struct")
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    large = bytes.fromhex("eaf42b5e1c984b88b9fbb7dc406e4d16")
    full = picture(32, 320, 240)
    head = box(b"ftyp", b"crx ", struct.pack(">I", 1), b"crx isom")

    def moov(at):
        stbl = box(b"stbl", box(b"stsz", struct.pack(">IIII", 0, 0, 1, len(full))), box(b"co64", struct.pack(">IIQ", 0, 1, at)))
        return box(b"moov", box(b"uuid", canon, box(b"THMB", struct.pack(">IHHIHH", 0, 40, 30, len(thumb), 1, 0), thumb)), box(b"trak", box(b"mdia", box(b"minf", stbl))))

    prvw = box(b"uuid", large, struct.pack(">II", 0, 1), box(b"PRVW", struct.pack(">IHHHHI", 0, 1, 160, 120, 1, len(preview)), preview))
    at = len(head) + len(moov(0)) + len(prvw) + 8
    put("heif", "canon.cr3", head + moov(at) + prvw + box(b"mdat", full),
        [("thumbnail.jpg", "Thumbnail", thumb), ("preview-1.jpg", "Preview", full), ("preview-2.jpg", "Preview", preview)], "PIL, python struct")


def patched_7z(data, dictionary):
    """Another LZMA2 dictionary in a plain header, with the checksums put right."""
    data = bytearray(data)
    offset, size = struct.unpack_from("<QQ", data, 12)
    header = data[32 + offset:32 + offset + size]
    at = header.index(b"\x21\x21\x01") + 3
    header[at] = dictionary
    data[32 + offset:32 + offset + size] = header
    struct.pack_into("<I", data, 28, zlib.crc32(header))
    struct.pack_into("<I", data, 8, zlib.crc32(data[12:32]))
    return bytes(data)


def make_sevenzip():
    names = [name for name, _ in FILES]
    # 7-Zip puts what is empty first or last, and sorts by kind and name: its own listing is the expectation of the order.
    def ordered(data, *more):
        with tempfile.TemporaryDirectory() as place:
            path = os.path.join(place, "x.7z")
            with open(path, "wb") as f:
                f.write(data)
            listing = run("7z", "l", "-ba", "-slt", *more, path).decode()
        order = [line[7:] for line in listing.splitlines() if line.startswith("Path = ")]
        return [(name, "Member", dict(FILES)[name]) for name in order]

    for name, options in (("lzma2.7z", ["-m0=lzma2"]), ("ppmd.7z", ["-m0=ppmd:mem=1m"]), ("bzip2.7z", ["-m0=bzip2"]), ("single.7z", ["-ms=off"]), ("bcj.7z", ["-m0=bcj", "-m1=lzma"])):
        data = in_folder(FILES, ["7z", "a", "-mtm=on", *options, "x.7z", *names], result="x.7z")
        put("sevenzip", name, data, ordered(data), "7-Zip")
    secret = "-pcorrect horse"
    for name, options in (("encrypted.7z", []), ("encrypted-names.7z", ["-mhe=on"])):
        data = in_folder(FILES, ["7z", "a", secret, *options, "x.7z", *names], result="x.7z")
        put("sevenzip", name, data, ordered(data, secret), "7-Zip")
    small = in_folder([("a.txt", b"small\n" * 40)], ["7z", "a", "-mhc=off", "-m0=lzma2", "x.7z", "a.txt"], result="x.7z")
    put("sevenzip", "dictionary.7z", patched_7z(small, 40), None, "7-Zip, the dictionary in its header changed")


def vint(number):
    out = b""
    while True:
        out += bytes([(number & 0x7F) | (0x80 if number > 0x7F else 0)])
        number >>= 7
        if not number:
            return out


def rar5(files, compression=0):
    """RAR 5 with stored files, written from the published format."""
    def block(kind, flags, fields, data=b""):
        body = vint(kind) + vint(flags) + (vint(len(data)) if flags & 2 else b"") + fields
        head = vint(len(body)) + body
        return struct.pack("<I", zlib.crc32(head)) + head + data
    out = b"Rar!\x1a\x07\x01\0" + block(1, 0, vint(0))
    for name, content in files:
        raw = name.encode()
        out += block(2, 2, vint(6) + vint(len(content)) + vint(0o100644) + struct.pack("<II", 1714979290, zlib.crc32(content)) + vint(compression) + vint(1) + vint(len(raw)) + raw, content)
    return out + block(5, 0, vint(0))


def rar4(files):
    """RAR 4 with stored files, written from technote.txt."""
    def block(kind, flags, fields, data=b""):
        body = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
        return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body + data
    out = b"Rar!\x1a\x07\0" + block(0x73, 0, bytes(6))
    for name, content in files:
        raw = name.replace("/", "\\").encode()
        fields = struct.pack("<IIBIIBBHI", len(content), len(content), 2, zlib.crc32(content), 0x58A63905, 20, 0x30, len(raw), 0x20) + raw
        out += block(0x74, 0x8000, fields, content)
    return out + block(0x7B, 0x4000, b"")


def make_rar():
    # No free program writes RAR; 7-Zip reads these as they should be.
    put("rar", "stored5.rar", rar5(FILES), AS_MEMBERS, "python struct; no compression")
    put("rar", "stored4.rar", rar4(FILES), AS_MEMBERS, "python struct; no compression")
    put("rar", "names.rar", rar5([("../../evil.txt", b"up\n"), ("/absolute.txt", b"root\n")]), [("evil.txt", "Member", b"up\n"), ("absolute.txt", "Member", b"root\n")], "python struct; no compression")
    put("rar", "dictionary.rar", rar5([("a.bin", b"x" * 100)], (3 << 7) | (15 << 10)), None, "python struct")


def compound(streams, storages=()):
    """A compound file of version 3, from [MS-CFB]. The directory is a list: every entry is the right one of the entry before it."""
    names = []
    for path in [s for s in storages] + [n for n, _ in streams]:
        names.append(path)
    content = dict(streams)
    sectors, fat = [], []

    def chain(data):
        if not data:
            return 0xFFFFFFFE
        first, count = len(sectors), (len(data) + 511) // 512
        for i in range(count):
            sectors.append(data[512 * i:512 * i + 512].ljust(512, b"\0"))
            fat.append(first + i + 1 if i + 1 < count else 0xFFFFFFFE)
        return first

    mini, minifat, starts = b"", [], {}
    for name, data in streams:
        if len(data) >= 4096:
            starts[name] = chain(data)
        elif data:
            starts[name] = len(mini) // 64
            count = (len(data) + 63) // 64
            minifat += [starts[name] + i + 1 if i + 1 < count else 0xFFFFFFFE for i in range(count)]
            mini += data.ljust(64 * count, b"\0")
        else:
            starts[name] = 0xFFFFFFFE
    ministart = chain(mini)
    minifat_bytes = b"".join(struct.pack("<I", x) for x in minifat)
    minifat_start = chain(minifat_bytes.ljust((len(minifat_bytes) + 511) // 512 * 512, b"\xff"))

    def entry(name, kind, right, child, start, size):
        raw = name.encode("utf-16-le")
        return (raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw) + 2, kind, 1) + struct.pack("<III", 0xFFFFFFFF, right, child) + bytes(16) + struct.pack("<I", 0)
                + struct.pack("<QQ", 0, 0) + struct.pack("<IQ", start, size))

    ids = {name: i + 1 for i, name in enumerate(names)}
    children = lambda parent: [n for n in names if (n.rsplit("/", 1)[0] if "/" in n else "") == parent]
    rows = [entry("Root Entry", 5, 0xFFFFFFFF, ids[children("")[0]], ministart, len(mini))]
    for name in names:
        siblings = children(name.rsplit("/", 1)[0] if "/" in name else "")
        at = siblings.index(name)
        right = ids[siblings[at + 1]] if at + 1 < len(siblings) else 0xFFFFFFFF
        own = name.rsplit("/", 1)[-1]
        if name in content:
            rows.append(entry(own, 2, right, 0xFFFFFFFF, starts[name], len(content[name])))
        else:
            below = children(name)
            rows.append(entry(own, 1, right, ids[below[0]] if below else 0xFFFFFFFF, 0, 0))
    directory = b"".join(rows)
    while len(directory) % 512:
        directory += bytes(0x44) + struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF) + bytes(48)
    directory_start = chain(directory)
    count = 1
    while len(fat) + count > 128 * count:
        count += 1
    fat_sectors = list(range(len(sectors), len(sectors) + count))
    table = fat + [0xFFFFFFFD] * count
    table += [0xFFFFFFFF] * (128 * count - len(table))
    packed = b"".join(struct.pack("<I", x) for x in table)
    for i in range(count):
        sectors.append(packed[512 * i:512 * i + 512])
    header = (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6) + struct.pack("<IIIIIIIIII", 0, count, directory_start, 0, 4096,
              minifat_start, (len(minifat_bytes) + 511) // 512, 0xFFFFFFFE, 0, 0)[:40])
    header = header[:0x48] + struct.pack("<I", 0) + b"".join(struct.pack("<I", x) for x in (fat_sectors + [0xFFFFFFFF] * 109)[:109])
    assert len(header) == 512, len(header)
    return header + b"".join(sectors)


def blip(kind, instance, data):
    body = bytes(range(16)) + b"\xff" + data
    return struct.pack("<HHI", instance << 4, kind, len(body)) + body


def make_cfb():
    jpeg, png, big = picture(40, 320, 240), picture(41, form="PNG"), bytes(range(256)) * 40
    pictures = blip(0xF01D, 0x46A, jpeg) + blip(0xF01E, 0x6E0, png)
    emf = b"\x01\0\0\0" + bytes(84) + b"a metafile of plain lines" * 20
    deflated = zlib.compress(emf)
    meta = bytes(16) + struct.pack("<I16sIIIBB", len(emf), bytes(16), 0, 0, len(deflated), 0, 254) + deflated
    pictures += struct.pack("<HHI", 0x3D4 << 4, 0xF01A, len(meta)) + meta
    native = struct.pack("<H", 2) + b"note.txt\0C:\\Users\\x\\note.txt\0" + struct.pack("<II", 0x30000, 8) + b"C:\\T\\n\0\0" + struct.pack("<I", 12) + b"packed note\n" + bytes(2)
    native = struct.pack("<I", len(native)) + native
    streams = [("Current User", b"user"), ("Pictures", pictures), ("PowerPoint Document", big), ("Obj/\x01Ole10Native", native), ("\x05SummaryInformation", b"summary" * 5)]
    data = compound(streams, storages=["Obj"])
    put("cfb", "slides.ppt", data, [
        ("Obj", "Member", None), ("Obj/\x01Ole10Native", "Member", native), ("Obj/\x01Ole10Native/note.txt", "Object", b"packed note\n"),
        ("Current User", "Member", b"user"), ("Pictures", "Member", pictures), ("Pictures/picture-1.jpg", "Object", jpeg), ("Pictures/picture-2.png", "Object", png), ("Pictures/picture-3.emf", "Object", emf),
        ("PowerPoint Document", "Member", big), ("\x05SummaryInformation", "Member", b"summary" * 5)], "python struct")

    # Excel: the drawing group cut into records of at most 8,224 bytes.
    large = picture(42, 2000, 1500, quality=100)
    drawing = blip(0xF01D, 0x46A, large)
    book = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 5, 0, 0, 0, 0)
    for i in range(0, len(drawing), 8224):
        part = drawing[i:i + 8224]
        book += struct.pack("<HH", 0xEB if i == 0 else 0x3C, len(part)) + part
    book += struct.pack("<HH", 0x0A, 0)
    assert len(drawing) > 2 * 8224
    put("cfb", "book.xls", compound([("Workbook", book)]), [("Workbook", "Member", book), ("Workbook/picture-1.jpg", "Object", large)], "python struct")

    thumb1, thumb2 = picture(43, 96, 72), picture(44, 90, 68)
    row = lambda number, name: struct.pack("<IIQ", 20 + 2 * len(name), number, 133594300000000000) + name.encode("utf-16-le") + bytes(4)
    catalogue = struct.pack("<HHIII", 16, 7, 2, 96, 96) + row(1, "beach.jpg") + row(12, "garden.jpg")
    streams = [("Catalog", catalogue), ("1", struct.pack("<III", 12, 1, len(thumb1)) + thumb1), ("21", struct.pack("<IIII", 16, 1, len(thumb2), 0) + thumb2)]
    put("cfb", "Thumbs.db", compound(streams), [("Catalog", "Member", catalogue), ("1.jpg", "Thumbnail", thumb1), ("21.jpg", "Thumbnail", thumb2)], "python struct")
    put("cfb", "encrypted.docx", compound([("EncryptionInfo", b"\x04\0\x04\0\x40\0\0\0<encryption/>"), ("EncryptedPackage", bytes(range(256)) * 20)]),
        [("EncryptionInfo", "Member", b"\x04\0\x04\0\x40\0\0\0<encryption/>"), ("EncryptedPackage", "Member", bytes(range(256)) * 20)], "python struct")

    # The chain of the large stream leads back to its start.
    loop = bytearray(compound([("large", big)]))
    table = 512 * (1 + struct.unpack_from("<I", loop, 0x4C)[0])
    struct.pack_into("<I", loop, table + 4 * 5, 0)
    put("cfb", "loop.doc", bytes(loop), None, "python struct")


def make_thumbcache():
    first, second = picture(50, 96, 72), picture(51, 64, 48, "PNG")

    def cache(version, header, entry):
        out = header
        for number, data in ((0x1122334455667788, first), (0x99AABBCCDDEEFF00, second), (0x0102030405060708, b"")):
            name = f"{number:x}".encode("utf-16-le")
            out += entry(number, name, data)
        return out

    vista = lambda number, name, data: struct.pack("<4sIQ8sIIIIQQ", b"CMMM", 56 + len(name) + 2 + len(data), number, "jpg".encode("utf-16-le"), len(name), 2, len(data), 0, 0, 0) + name + bytes(2) + data
    seven = lambda number, name, data: struct.pack("<4sIQIIIIQQ", b"CMMM", 48 + len(name) + len(data), number, len(name), 0, len(data), 0, 0, 0) + name + data
    ten = lambda number, name, data: struct.pack("<4sIQIIIIIIQQ", b"CMMM", 56 + len(name) + 4 + len(data), number, len(name), 4, len(data), 96, 72, 0, 0, 0) + name + bytes(4) + data
    expected = lambda none: [("1122334455667788.jpg", "Thumbnail", first), ("99aabbccddeeff00.png", "Thumbnail", second), ("0102030405060708." + none, "Thumbnail", b"")]
    put("thumbcache", "vista.db", cache(0x14, struct.pack("<4sIIIII", b"CMMM", 0x14, 1, 24, 24, 3), vista), expected("jpg"), "PIL, python struct")
    put("thumbcache", "seven.db", cache(0x15, struct.pack("<4sIIIII", b"CMMM", 0x15, 1, 24, 24, 3), seven), expected("bin"), "PIL, python struct")
    put("thumbcache", "ten.db", cache(0x20, struct.pack("<4sIIIIII", b"CMMM", 0x20, 0, 1, 28, 28, 3), ten), expected("bin"), "PIL, python struct")
    damaged = bytearray(cache(0x20, struct.pack("<4sIIIIII", b"CMMM", 0x20, 0, 1, 28, 28, 3), ten))
    struct.pack_into("<I", damaged, 28 + 4, 0x7FFFFFFF)
    put("thumbcache", "damaged.db", bytes(damaged), expected("bin")[1:], "PIL, python struct")


def mime(headers, *parts):
    """A part: headers, and a body of bytes or of parts between boundaries."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
    if len(parts) == 1 and isinstance(parts[0], bytes):
        return lines + b"\r\n" + parts[0]
    mark = headers[-1][1].split("boundary=")[1].strip('"').encode()
    return lines + b"\r\nthis is a message of several parts\r\n" + b"".join(b"--" + mark + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + mark + b"--\r\nafter the last part\r\n"


def make_mail():
    photo, photo2, note = picture(60), picture(61, form="PNG"), "Grüße, a note with = signs and a long line ".encode() * 5 + b"\r\nsecond line\r\n"
    based = lambda data: base64.encodebytes(data).replace(b"\n", b"\r\n")
    quoted = lambda data: b"\r\n".join(quopri.encodestring(line).replace(b"=\n", b"=\r\n") for line in data.split(b"\r\n"))
    top = [("From", "a@example.org"), ("To", "b@example.org"), ("Subject", "=?utf-8?B?" + base64.b64encode("Grüße".encode()).decode() + "?="), ("Date", "Mon, 06 May 2024 07:08:10 +0000"), ("MIME-Version", "1.0")]
    inner = mime([("From", "c@example.org"), ("To", "a@example.org"), ("Subject", "inner"), ("Date", "Sun, 05 May 2024 07:08:10 +0000"), ("Content-Type", 'multipart/mixed; boundary="in"')],
                 mime([("Content-Type", "text/plain")], b"inner text"), mime([("Content-Type", "image/jpeg; name=in.jpg"), ("Content-Transfer-Encoding", "base64")], based(picture(62))))
    alternative = mime([("Content-Type", 'multipart/alternative; boundary="alt"')], mime([("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "quoted-printable")], quoted(note)),
                       mime([("Content-Type", "text/html")], b"<img src='cid:one'>"))
    related = mime([("Content-Type", 'multipart/related; boundary="rel"')], alternative, mime([("Content-Type", "image/png"), ("Content-ID", "<one>"), ("Content-Transfer-Encoding", "base64"), ("Content-Disposition", "inline; filename=one.png")], based(photo2)))
    uu = io.BytesIO()
    for i in range(0, len(photo), 45):
        uu.write(binascii.b2a_uu(photo[i:i + 45]).replace(b"\n", b"\r\n"))
    message = mime(top + [("Content-Type", 'multipart/mixed;\r\n boundary="mix"')], related,
        mime([("Content-Type", "image/jpeg"), ("Content-Disposition", "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.jpg"), ("Content-Transfer-Encoding", "base64")], based(photo)),
        mime([("Content-Type", "application/octet-stream"), ("Content-Disposition", 'attachment;\r\n filename*0="a very long ";\r\n filename*1="name.bin"')], b"seven bit bytes"),
        mime([("Content-Type", "application/octet-stream; name=\"=?iso-8859-1?Q?=FCber=2Ebin?=\""), ("Content-Disposition", "attachment")], b"named by an encoded word"),
        mime([("Content-Type", "image/jpeg; name=uu.jpg"), ("Content-Transfer-Encoding", "x-uuencode")], b"begin 644 uu.jpg\r\n" + uu.getvalue() + b"`\r\nend\r\n"),
        mime([("Content-Type", "application/octet-stream"), ("Content-Disposition", "attachment; filename=\"../../evil.exe\"")], b"up"),
        mime([("Content-Type", "text/plain"), ("Content-Disposition", "attachment; filename=\"../../evil.exe\"")], b"the same name again"),
        mime([("Content-Type", "message/rfc822")], inner))
    parsed = email.message_from_bytes(message)
    assert [p.get_content_type() for p in parsed.walk() if not p.is_multipart()].count("image/jpeg") == 3
    assert parsed.get_payload()[1].get_payload(decode=True) == photo and parsed.get_payload()[0].get_payload()[0].get_payload()[0].get_payload(decode=True) == note
    put("mail", "parts.eml", message, [("part-1.txt", "Member", note), ("part-2.html", "Member", b"<img src='cid:one'>"), ("one.png", "Object", photo2), ("Grüße.jpg", "Attachment", photo),
        ("a very long name.bin", "Attachment", b"seven bit bytes"), ("über.bin", "Attachment", b"named by an encoded word"), ("uu.jpg", "Object", photo), ("evil.exe", "Attachment", b"up"),
        ("evil (part 9).exe", "Attachment", b"the same name again"), ("part-10.eml", "Attachment", inner)], "python base64, quopri; checked with python email")
    put("mail", "plain.eml", mime(top + [("Content-Type", "text/plain")], b"only text\r\n"), [("part-1.txt", "Member", b"only text\r\n")], "python")
    first, second = message.replace(b"\r\n", b"\n"), mime(top, b"a line\r\n>From the start\r\n").replace(b"\r\n", b"\n")
    box = b"From a@example.org Mon May  6 07:08:10 2024\n" + first + b"\nFrom b@example.org Tue May  7 07:08:10 2024\n" + second + b"\n"
    put("mail", "two.mbox", box, [("message-000001.eml", "Attachment", first), ("message-000002.eml", "Attachment", second)], "python")

    # 10,000 multipart bodies, one in the other.
    deep = b"From: a@example.org\r\nTo: b@example.org\r\nDate: Mon, 06 May 2024 07:08:10 +0000\r\n" + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(10_000)) + b"Content-Type: text/plain\r\n\r\nbottom\r\n"
    put("mail", "deep.eml", deep, None, "python")
    put("mail", "smime.eml", mime(top + [("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"), ("Content-Transfer-Encoding", "base64")], based(bytes(range(200)))),
        [("smime.p7m", "Attachment", bytes(range(200)))], "python")


def make_rtf():
    png, jpeg, packed = picture(70, form="PNG"), picture(71), compound([("CONTENTS", b"an object of another program" * 10)])
    lines = lambda data: b"\r\n".join(data.hex().encode()[i:i + 128] for i in range(0, len(data) * 2, 128))
    text = lambda t: struct.pack("<I", len(t) + 1) + t + b"\0"
    ole = struct.pack("<II", 0x501, 2) + text(b"Package") + struct.pack("<I", 0) + struct.pack("<I", 0) + struct.pack("<I", len(packed)) + packed + b"presentation"
    rtf = (b"{\\rtf1\\ansi text {\\pict\\pngblip\\picw64\\pich48{\\*\\blipuid 00112233445566778899aabbccddeeff}\r\n" + lines(png) + b"}\r\n{\\*\\shppict{\\pict\\jpegblip\\bin%d " % len(jpeg) + jpeg
           + b"}}{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata " + lines(ole).upper() + b"}{\\result{\\pict\\wmetafile8 0100 09 00}}}\\'e9 end}")
    put("rtf", "objects.rtf", rtf, [("picture-1.png", "Object", png), ("picture-2.jpg", "Object", jpeg), ("object-1.bin", "Object", packed), ("picture-3.wmf", "Object", bytes([1, 0, 9, 0]))], "python")
    put("rtf", "deep.rtf", b"{\\rtf1" + b"{" * 20_000 + b"\\pict 00" + b"}" * 20_001, None, "python")


def png_rows(raw, width, colours):
    """Samples with the filters of PNG in front of every row, each kind in turn."""
    stride, out, above = width * colours, b"", bytes(width * colours)
    for y in range(len(raw) // stride):
        row, kind = raw[y * stride:(y + 1) * stride], y % 5
        left = bytes(colours) + row[:-colours]
        corner = bytes(colours) + above[:-colours]
        def paeth(a, b, c):
            p = a + b - c
            return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        guess = [lambda i: 0, lambda i: left[i], lambda i: above[i], lambda i: (left[i] + above[i]) // 2, lambda i: paeth(left[i], above[i], corner[i])][kind]
        out += bytes([kind]) + bytes((row[i] - guess(i)) & 255 for i in range(stride))
        above = row
    return out


def make_pdf():
    jpeg = picture(80, 120, 90)
    raw = Image.open(io.BytesIO(picture(81, 60, 45, "PNG"))).convert("RGB").tobytes()
    grey = Image.open(io.BytesIO(picture(82, 50, 40, "PNG"))).convert("L").tobytes()
    note = b"a note attached to the document\n" * 30

    def document(extra=b"", attachments=True):
        objects = {
            1: b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(note.txt) 9 0 R]>>>>>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<</XObject<</A 5 0 R/B 6 0 R/C 7 0 R>>>>/Contents 4 0 R>>",
            4: stream(b"", b"q 100 0 0 75 0 0 cm /A Do Q q 60 0 0 45 0 100 cm /B Do Q q 50 0 0 40 100 100 cm /C Do Q"),
            5: stream(b"/Type/XObject/Subtype/Image/Width 120/Height 90/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/DCTDecode", jpeg, length=b"11 0 R"),
            6: stream(b"/Type/XObject/Subtype/Image/Width 60/Height 45/BitsPerComponent 8/ColorSpace[/ICCBased 12 0 R]/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors 3/Columns 60>>", zlib.compress(png_rows(raw, 60, 3))),
            7: stream(b"/Type/XObject/Subtype/Image/Width 50/Height 40/BitsPerComponent 8/ColorSpace/DeviceGray/Filter[/ASCII85Decode/FlateDecode]", base64.a85encode(zlib.compress(grey)) + b"~>"),
            8: stream(b"/Type/EmbeddedFile/Params<</Size %d/ModDate(D:20240506070810Z)>>/Filter/FlateDecode" % len(note), zlib.compress(note)),
            9: b"<</Type/Filespec/F(note.txt)/UF<FEFF006E006F00740065002E007400780074>/EF<</F 8 0 R>>>>",
            11: b"%d" % len(jpeg),
            12: stream(b"/N 3", b"a profile"),
        }
        out, places = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", {}
        for number, body in objects.items():
            places[number] = len(out)
            out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
        at = len(out)
        out += b"xref\n0 13\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % places[i] if i in places else b"0000000000 65535 f \n" for i in range(1, 13))
        return out + b"trailer\n<</Size 13/Root 1 0 R/ID[<00112233445566778899AABBCCDDEEFF><00112233445566778899AABBCCDDEEFF>]>>\nstartxref\n%d\n%%%%EOF\n" % at

    def stream(fields, data, length=None):
        return b"<<" + fields + b"/Length " + (length or b"%d" % len(data)) + b">>\nstream\n" + data + b"\nendstream"

    ppm, pgm = b"P6\n60 45\n255\n" + raw, b"P5\n50 40\n255\n" + grey
    plain = document()
    expected = {120: (".jpg", jpeg), 60: (".ppm", ppm), 50: (".pgm", pgm)}
    members = lambda a, b, c, suffix="": [(f"image-{a}{suffix}.jpg", "Object", jpeg), (f"image-{b}{suffix}.ppm", "Object", ppm), (f"image-{c}{suffix}.pgm", "Object", pgm)]
    put("pdf", "plain.pdf", plain, members(5, 6, 7) + [("note.txt", "Attachment", note)], "python; qpdf --check finds it sound")

    # A later revision replaces a picture: both are there.
    newer = picture(83, 40, 30)
    at = len(plain)
    update = b"5 0 obj\n" + stream(b"/Type/XObject/Subtype/Image/Width 40/Height 30/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/DCTDecode", newer) + b"\nendobj\n"
    start = plain.rindex(b"startxref")
    update += b"xref\n5 1\n%010d 00000 n \ntrailer\n<</Size 13/Root 1 0 R/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (at, plain[start + 10:].split()[0], at + len(update))
    put("pdf", "revised.pdf", plain + update, members(5, 6, 7) + [("note.txt", "Attachment", note), ("image-5-revision-2.jpg", "Object", newer)], "python")
    put("pdf", "no-table.pdf", plain[:plain.index(b"xref\n0 13")], members(5, 6, 7) + [("note.txt", "Attachment", note)], "python, cut before the table")

    # qpdf numbers objects anew: its own table says where they are, pdfimages which is which.
    def by_qpdf(name, *options, password=None):
        with tempfile.TemporaryDirectory() as place:
            source, target = os.path.join(place, "a.pdf"), os.path.join(place, "b.pdf")
            with open(source, "wb") as f:
                f.write(plain)
            run("qpdf", "--static-id", "--static-aes-iv", *options, source, target)
            secret = ["--password=" + password] if password else []
            offsets = {}
            for line in run("qpdf", "--show-xref", *secret, target).decode().splitlines():
                number, rest = line.split("/", 1)
                if "offset = " in rest:
                    offsets[int(number)] = int(rest.split("offset = ")[1].split()[0])
            rows = []
            for line in run("pdfimages", "-list", *(["-upw", password] if password else []), target).decode().splitlines()[2:]:
                width, number = int(line.split()[3]), int(line.split()[10])
                rows.append((offsets[number], f"image-{number}{expected[width][0]}", "Object", expected[width][1]))
            with open(target, "rb") as f:
                data = f.read()
            for line in run("qpdf", "--list-attachments", "--verbose", *secret, target).decode().splitlines():
                if line.startswith("note.txt -> "):
                    number = int(line.split("-> ")[1].split(",")[0])
                    rows.append((offsets[number], "note.txt", "Attachment", note))
            assert len(rows) == 4, rows
            put("pdf", name, data, [row[1:] for row in sorted(rows)], "qpdf " + " ".join(options))

    by_qpdf("object-streams.pdf", "--object-streams=generate")
    by_qpdf("recompressed.pdf", "--recompress-flate", "--compression-level=9", "--object-streams=disable")
    for name, options in (("rc4-40.pdf", ["40"]), ("rc4-128.pdf", ["128", "--use-aes=n"]), ("aes-128.pdf", ["128", "--use-aes=y"]), ("aes-256.pdf", ["256"])):
        by_qpdf(name, "--allow-weak-crypto", "--encrypt", "correct horse", "owner", *options, "--", password="correct horse")
    by_qpdf("owner-only.pdf", "--allow-weak-crypto", "--object-streams=generate", "--encrypt", "", "owner", "128", "--use-aes=y", "--")
    cut = plain.replace(zlib.compress(note), zlib.compress(note)[:-20])
    put("pdf", "cut-attachment.pdf", cut, None, "python, the attachment's data cut")
    put("pdf", "loop.pdf", plain.replace(b"[/ICCBased 12 0 R]", b"[/ICCBased 14 0 R]").replace(b"%%EOF", b"14 0 obj 15 0 R endobj 15 0 obj 14 0 R endobj 16 0 obj " + b"[" * 5000 + b" endobj\n%%EOF"), None, "python")


if __name__ == "__main__":
    make_mail()
    make_rtf()
    make_pdf()
    make_sevenzip()
    make_rar()
    make_cfb()
    make_thumbcache()
    make_zip()
    make_tar()
    make_compressed()
    make_jpeg()
    make_tiff()
    make_heif()
    manifests()
