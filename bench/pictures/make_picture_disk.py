#!/usr/bin/python3
"""Makes a device image of ordinary drawn pictures and short videos, a list of known pictures, and what should be found.

usage: make_picture_disk.py DIR [--name NAME] [--pictures N] [--videos N] [--drawings N] [--known N] [--seed N] [--reference FILE]

DIR/NAME.raw: a disk with a table of partitions (MBR) and one NTFS volume at sector 2048; a Windows computer with pictures of phones.
DIR/NAME.tsv: every picture and video on it: path, kind, what it is, bytes. Members of archives, documents and mail are paths within paths.
DIR/NAME-known.csv: the known pictures as a list to import: PDQ of the reference (--reference, pdq-photo-hasher), MD5, SHA-1.
DIR/NAME-truth.tsv: for each known picture what lies on the disk, how it should be found, and at which distance the reference sees it.

Camera pictures are put together from a small number of drawings that are compressed once (with a restart marker after each quarter of an MCU
row), so that 50,000 of them take minutes. No two pictures are near each other, but for the 5 % that are copies, which is held by a rough hash.
Needs root, loop devices and FUSE; Debian's ntfs-3g, python3-numpy, python3-pil, libjpeg-turbo-progs, libheif-examples, ffmpeg.
"""
import argparse
import base64
import collections
import concurrent.futures
import contextlib
import csv
import hashlib
import io
import os
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

import numpy
from PIL import Image

import drawing

SIZES = [
    drawing.Size(4032, 3024, 86, 4.0, ("Northlight", "N12")), drawing.Size(3264, 2448, 82, 3.0, ("Ferncamera", "F8")),
    drawing.Size(2560, 1920, 80, 3.0, ("Ferncamera", "F5")), drawing.Size(2048, 1536, 80, 3.0, ("Oakphone", "3")),
    drawing.Size(1920, 1080, 78, 3.0, ("Oakphone", "2 wide")),
]
SHARES = [0.06, 0.10, 0.18, 0.30, 0.36]
FOLDERS = {
    "camera": ["Users/maria/Pictures/Camera Roll", "Users/maria/Pictures/2021/Holiday", "Users/maria/Pictures/2022/Garden", "Phone/DCIM/100MEDIA",
               "Phone/DCIM/101MEDIA", "Phone/DCIM/Camera", "Users/tom/OneDrive/Pictures", "Users/tom/Desktop/from phone"],
    "web": ["Users/maria/Downloads", "Users/tom/Downloads", "Users/maria/AppData/Local/Browser/User Data/Default/Cache/Cache_Data",
            "Users/tom/AppData/Local/Browser/User Data/Default/Cache/Cache_Data", "Phone/WhatsApp/Media/Images", "Program Files/Paint Shop/Samples",
            "Windows/Web/Wallpaper"],
    "other": ["Users/maria/Documents", "Users/tom/Documents/Work", "Users/maria/Pictures/Scans"],
    "video": ["Users/maria/Videos", "Phone/DCIM/Camera", "Users/tom/Downloads"],
}


class Disk:
    """Files written to the mounted volume, and the list of them."""

    def __init__(self, root, listing):
        self.root, self.listing, self.bytes, self.made = root, csv.writer(listing, delimiter="\t", lineterminator="\n"), 0, set()
        self.writing = collections.deque()
        self.writer = concurrent.futures.ThreadPoolExecutor(1)  # one: the order on the disk stays that of the calls
        self.listing.writerow(["path", "kind", "what", "bytes"])

    def write(self, path, data, when):
        self.bytes += len(data)
        self.writing.append(self.writer.submit(self._put, path, data, when))
        if len(self.writing) > 40:
            self.writing.popleft().result()

    def finish(self):
        for one in self.writing:
            one.result()
        self.writer.shutdown()

    def _put(self, path, data, when):
        folder, full = os.path.dirname(path), os.path.join(self.root, path)
        if folder not in self.made:
            os.makedirs(os.path.join(self.root, folder), exist_ok=True)
            self.made.add(folder)
        with open(full, "wb") as f:
            f.write(data)
        os.utime(full, (when.timestamp(),) * 2)

    def note(self, path, kind, what, size):
        self.listing.writerow([path, kind, what, size])


class Maker:
    def __init__(self, options):
        self.rng = numpy.random.default_rng(options.seed)
        self.number = 0
        self.apart = drawing.Apart(options.pictures + options.known * 2 + 16)
        self.recent = []  # camera pictures that copies are made of
        self.pools, self.webs = [[] for _ in SIZES], []
        for i in range(options.drawings):
            made, web = drawing.drawings(options.seed * 1_000_003 + i * 17, SIZES)
            for pool, one in zip(self.pools, made):
                pool.append(one)
            self.webs.append(web)
        self.serials = [[f"SN{self.rng.integers(10**7, 10**8)}" for _ in range(3)] for _ in SIZES]

    def folder(self, kind):
        folders = FOLDERS[kind]
        return folders[int(self.rng.integers(0, len(folders)))]

    def named(self, kind, ending):
        self.number += 1
        folder = self.folder(kind)
        if "Cache" in folder:
            return f"{folder}/f_{self.number:06x}"
        if "DCIM" in folder or kind == "camera":
            return f"{folder}/{'IMG' if kind != 'video' else 'VID'}_{self.number:06d}.{ending}"
        return f"{folder}/{drawing.WORDS[self.number % len(drawing.WORDS)]} {self.number}.{ending}"

    def camera(self, size=None):
        """A camera picture that is like no other: its bytes and its time."""
        rng = self.rng
        k = int(rng.choice(len(SIZES), p=SHARES)) if size is None else size
        while True:
            body, small = drawing.compose(rng, self.pools[k], SIZES[k])
            if self.apart.add(drawing.rough(small)):
                break
        when, kind = drawing.moment(rng), SIZES[k]
        thumbnail = drawing.jpeg(Image.fromarray(small).resize((160, 160 * kind.height // kind.width)), 70) if rng.random() < 0.6 else None
        place = (float(rng.uniform(50, 58)), float(rng.uniform(0, 20))) if rng.random() < 0.4 else None
        orientation = int(rng.choice([1, 6, 8, 3], p=[0.75, 0.15, 0.07, 0.03]))
        return body(drawing.exif(kind.camera, self.serials[k][int(rng.integers(0, 3))], when, kind.width, kind.height, orientation, place, thumbnail)), when

    def small(self, longest):
        """A smaller picture as pixels, like no other: pieces of drawings, or a page."""
        rng = self.rng
        shape = [(4, 3), (3, 4), (16, 9), (1, 1), (3, 2)][int(rng.integers(0, 5))]
        while True:
            if rng.random() < 0.06:
                picture = drawing.page(int(rng.integers(0, 1 << 40)), 700, 900)
            else:
                picture = Image.new("RGB", (800, 600))
                for left, top, right, bottom in drawing.parts(rng, 8, 24, int(rng.integers(1, 4))):
                    source = self.webs[int(rng.integers(0, len(self.webs)))]
                    w, h = (right - left) * 100, (bottom - top) * 25
                    x, y = int(rng.integers(0, source.width - w + 1)), int(rng.integers(0, source.height - h + 1))
                    picture.paste(source.crop((x, y, x + w, y + h)), (left * 100, top * 25))
            side = max(shape)
            picture = picture.resize((max(32, longest * shape[0] // side), max(32, longest * shape[1] // side)), Image.BILINEAR)
            if self.apart.add(drawing.rough(numpy.asarray(picture.resize((128, 128), Image.BOX)))):
                return picture

    def web(self):
        rng = self.rng
        kind = ["jpg", "jpg progressive", "png", "webp", "gif"][int(rng.choice(5, p=[0.55, 0.1, 0.15, 0.15, 0.05]))]
        picture = self.small(int(rng.choice([160, 240, 400, 640, 800, 1024, 1280], p=[0.1, 0.15, 0.2, 0.2, 0.15, 0.1, 0.1])))
        out = io.BytesIO()
        if kind == "png":
            picture.save(out, "PNG", compress_level=3)
        elif kind == "webp":
            picture.save(out, "WEBP", quality=75, method=1)
        elif kind == "gif":
            picture.quantize(128, method=Image.Quantize.FASTOCTREE).save(out, "GIF")
        else:
            picture.save(out, "JPEG", quality=int(rng.integers(60, 92)), progressive="progressive" in kind)
        return out.getvalue(), kind

    def member(self):
        """A picture for an archive, a document or a mail."""
        return (self.camera(int(self.rng.choice([3, 4])))[0]) if self.rng.random() < 0.5 else drawing.jpeg(self.small(800), 85)

    def other(self):
        kind = ["heic", "tif", "bmp"][int(self.rng.choice(3, p=[0.4, 0.35, 0.25]))]
        picture, out = self.small(int(self.rng.choice([640, 800, 1280]))), io.BytesIO()
        if kind == "heic":
            with tempfile.TemporaryDirectory() as work:
                picture.save(f"{work}/a.jpg", quality=95)
                subprocess.run(["heif-enc", "-q", "50", "-p", "preset=ultrafast", "-o", f"{work}/a.heic", f"{work}/a.jpg"], check=True, capture_output=True)
                with open(f"{work}/a.heic", "rb") as f:
                    return f.read(), kind
        picture.save(out, "TIFF" if kind == "tif" else "BMP", **({"compression": "tiff_lzw"} if kind == "tif" else {}))
        return out.getvalue(), kind

    def copy(self):
        """Another copy of a picture that is on the disk: the same bytes, or re-encoded, made smaller, mirrored."""
        path, data = self.recent[int(self.rng.integers(0, len(self.recent)))]
        kind = ["exact", "re-encoded", "resized", "mirrored"][int(self.rng.choice(4, p=[0.4, 0.3, 0.2, 0.1]))]
        return (data if kind == "exact" else changed(data, kind)), f"{kind} copy of {path}"


def changed(data, kind):
    picture = Image.open(io.BytesIO(data))
    picture.draft("RGB", (1600, 1200))
    picture = picture.convert("RGB")
    width, height = picture.size
    if kind == "re-encoded":
        return drawing.jpeg(picture, 60)
    if kind == "resized":
        return drawing.jpeg(picture.resize((width // 2, height // 2), Image.LANCZOS), 80)
    if kind == "mirrored":
        return drawing.jpeg(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 80)
    if kind == "turned":
        return drawing.jpeg(picture.transpose(Image.Transpose.ROTATE_90), 80)
    assert kind == "cropped"
    return drawing.jpeg(picture.crop((width // 100, height // 100, width - width // 100, height - height // 100)), 85)


# --- Files with pictures in them ---

def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2022, 5, 4, 3, 2, 0)), data)
    return out.getvalue()


def docx(members):
    types = ('<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="jpeg" ContentType="image/jpeg"/>'
             '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
             '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
    links = ('<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
             'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>')
    text = ('<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Pictures'
            '</w:t></w:r></w:p></w:body></w:document>')
    return zipped([("[Content_Types].xml", types.encode()), ("_rels/.rels", links.encode()), ("word/document.xml", text.encode())] + members)


def pdf(members):
    out, places = bytearray(b"%PDF-1.4\n"), []

    def put(body):
        places.append(len(out))
        out.extend(b"%d 0 obj\n" % len(places) + body + b"\nendobj\n")
    kids = " ".join(f"{3 + i * 3} 0 R" for i in range(len(members)))
    put(b"<</Type/Catalog/Pages 2 0 R>>")
    put(f"<</Type/Pages/Count {len(members)}/Kids[{kids}]>>".encode())
    for i, (_, data) in enumerate(members):
        width, height = Image.open(io.BytesIO(data)).size
        put(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {4 + i * 3} 0 R/Resources<</XObject<</I {5 + i * 3} 0 R>>>>>>".encode())
        put(b"<</Length 31>>stream\nq 500 0 0 400 50 200 cm /I Do Q\n\nendstream")
        put(f"<</Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode/Length {len(data)}>>stream\n".encode() + data + b"\nendstream")
    start = len(out)
    out.extend(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1) + b"".join(b"%010d 00000 n \n" % p for p in places))
    out.extend(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, start))
    return bytes(out)


def mbox(members):
    out = bytearray()
    for i, (name, data) in enumerate(members):
        out.extend((f"From tom@example.org Wed May  4 03:02:{i % 60:02d} 2022\nFrom: Tom <tom@example.org>\nTo: Maria <maria@example.org>\nSubject: Picture {i}\n"
                    f"Date: Wed, 04 May 2022 03:02:{i % 60:02d} +0000\nMessage-ID: <{i}@example.org>\nMIME-Version: 1.0\n"
                    'Content-Type: multipart/mixed; boundary="cut"\n\n--cut\nContent-Type: text/plain\n\nThe picture.\n--cut\n'
                    f'Content-Type: image/jpeg; name="{name}"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="{name}"\n\n').encode())
        out.extend(base64.encodebytes(data) + b"--cut--\n\n")
    return bytes(out)


HOLDERS = {"zip": (zipped, 8, "%s"), "docx": (docx, 3, "word/media/%s"), "pdf": (pdf, 2, "%s"), "mbox": (mbox, 10, "%s")}


# --- Videos ---

def video(maker, i, work):
    """A video of 3 to 20 seconds: moving drawings with a tone, in turn MP4, MKV, WebM, AVI."""
    rng, seconds = maker.rng, int(maker.rng.integers(3, 21))
    ending, codec = [("mp4", ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]),
                     ("mkv", ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "libmp3lame"]),
                     ("webm", ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "16", "-b:v", "600k", "-c:a", "libvorbis"]),
                     ("avi", ["-c:v", "mpeg4", "-q:v", "6", "-c:a", "mp2"])][i % 4]
    size, out = ["640x360", "480x360", "320x240"][i % 3], f"{work}/v.{ending}"
    if i % 2:
        source = [f"sierpinski=size={size}:rate=12:seed={rng.integers(1, 1 << 30)}:jump=40",
                  f"testsrc2=size={size}:rate=12,hue=h={rng.integers(0, 360)}", f"gradients=size={size}:rate=12:seed={rng.integers(1, 1 << 30)}:nb_colors=6:speed=0.03",
                  f"life=size={size}:rate=10:mold=10:seed={rng.integers(1, 1 << 30)}:ratio=0.2:life_color=#C83232:death_color=#3264C8,boxblur=2"][(i // 2) % 4]
        pictures, sound, chosen = ["-f", "lavfi", "-i", source], "1:a", ["-map", "0:v"]
    else:  # a camera that moves over a drawing, and a cut in the middle
        width, height = map(int, size.split("x"))
        for name in "ab":
            maker.small(1280).resize((width * 2, height * 2)).save(f"{work}/{name}.jpg", quality=90)
        move = f"scale={width * 2}:{height * 2},crop={width}:{height}:x='{width}*t/{seconds}':y='{height}/2*(1+sin(t/2))'"
        pictures = [part for name in "ab" for part in ("-loop", "1", "-framerate", "12", "-t", str(seconds / 2), "-i", f"{work}/{name}.jpg")]
        sound, chosen = "2:a", ["-filter_complex", f"[0]{move}[a];[1]{move}[b];[a][b]concat=n=2:v=1[v]", "-map", "[v]"]
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-nostdin", "-threads", "1", *pictures, "-f", "lavfi", "-i", f"sine=frequency={rng.integers(200, 900)}",
                    *chosen, "-map", sound, "-t", str(seconds), "-fflags", "+bitexact", "-flags:v", "+bitexact", *codec, out], check=True)
    with open(out, "rb") as f:
        return f.read(), ending, seconds


# --- Known pictures ---

class Known:
    """Pictures that the list names; each is planted on the disk in some form, or not at all."""

    PLAN = [("exact", 0.25), ("re-encoded", 0.2), ("resized", 0.15), ("mirrored", 0.1), ("turned", 0.08), ("cropped", 0.05), ("absent", 0.1), ("hash only", 0.07)]

    def __init__(self, count, work):
        self.entries, self.work = [], work
        for kind, share in self.PLAN:
            self.entries += [{"kind": kind} for _ in range(max(1, round(count * share)))]
        for i, entry in enumerate(self.entries):
            entry["id"] = f"known-{i + 1:04d}"

    def make(self, entry, maker):
        """Makes the picture that the list knows, and what is to be planted (nothing where it is absent)."""
        data = maker.camera(int(maker.rng.integers(0, len(SIZES))))[0]
        entry["md5"], entry["sha1"] = hashlib.md5(data).hexdigest(), hashlib.sha1(data).hexdigest()
        self.keep(entry, "known", data)
        if entry["kind"] == "absent":
            return None
        planted = data if entry["kind"] in ("exact", "hash only") else changed(data, entry["kind"])
        self.keep(entry, "planted", planted)
        return planted

    def keep(self, entry, role, data):
        with open(f"{self.work}/{entry['id']}.{role}.jpg", "wb") as f:
            f.write(data)

    def ask(self, reference, role, *options):
        names = [f"{self.work}/{e['id']}.{role}.jpg" for e in self.entries if os.path.exists(f"{self.work}/{e['id']}.{role}.jpg")]
        out = subprocess.run([reference, *options, *names], check=True, capture_output=True, text=True).stdout.split("\n")
        return {os.path.basename(line.split(",")[-1]).split(".")[0]: line.split(",") for line in out if line}

    def write(self, reference, base):
        known, turned, planted = self.ask(reference, "known"), self.ask(reference, "known", "--pdqdih-across"), self.ask(reference, "planted")
        with open(f"{base}-known.csv", "w", newline="") as listing, open(f"{base}-truth.tsv", "w") as truth:
            rows, facts = csv.writer(listing), csv.writer(truth, delimiter="\t", lineterminator="\n")
            rows.writerow(["id", "label", "meaning", "pdq", "quality", "md5", "sha1"])
            facts.writerow(["id", "planted as", "path", "found by", "distance of the reference", "in any orientation", "quality"])
            for entry in self.entries:
                name, only = entry["id"], entry["kind"] == "hash only"
                pdq, quality = known.get(name, ["", ""])[:2]
                rows.writerow([name, f"drawn picture {name}", "notable", "" if only else pdq, "" if only else quality, entry["md5"], entry["sha1"]])
                if entry["kind"] == "absent":
                    facts.writerow([name, "absent", "", "nothing", "", "", quality])
                    continue
                if name not in planted:  # a video
                    facts.writerow([name, entry["kind"], entry["path"], "exact hash", "", "", ""])
                    continue
                distances = [(int(h, 16) ^ int(planted[name][0], 16)).bit_count() for h in turned[name][:8]]
                how = "exact hash" if only or entry["kind"] == "exact" else "pdq" if min(distances) <= 31 else "nothing at 31"
                facts.writerow([name, entry["kind"], entry["path"], how, distances[0], min(distances), planted[name][1]])


@contextlib.contextmanager
def volume(path, size):
    """A new disk with one NTFS volume, mounted."""
    with open(path, "wb") as f:
        f.truncate(size)
        sectors = size // 512 - 2048
        f.seek(446)
        f.write(struct.pack("<B3sB3sII", 0, b"\xfe\xff\xff", 7, b"\xfe\xff\xff", 2048, sectors))
        f.seek(510)
        f.write(b"\x55\xaa")
    loop = subprocess.run(["losetup", "-f", "--show", "-o", "1048576", "--sizelimit", str(sectors * 512), path], check=True, capture_output=True, text=True).stdout.strip()
    mount = tempfile.mkdtemp()
    try:
        subprocess.run(["mkntfs", "-Q", "-q", "-F", "-L", "Windows", loop], check=True, capture_output=True)
        subprocess.run(["ntfs-3g", "-o", "big_writes,noatime", loop, mount], check=True)
        try:
            yield mount
        finally:
            subprocess.run(["sync"], check=True)
            subprocess.run(["umount", mount], check=True)
    finally:
        subprocess.run(["losetup", "-d", loop], check=True)
        os.rmdir(mount)


def system_files(maker, disk, count):
    """What is no picture: text, tables, programs."""
    for i in range(count):
        rng = maker.rng
        folder = ["Windows/System32", "Windows/Help", "Program Files/Paint Shop", "Program Files/Office/Data"][i % 4]
        words = " ".join(drawing.WORDS[j] for j in rng.integers(0, len(drawing.WORDS), int(rng.integers(20, 3000)))).encode()
        if i % 4 == 0:
            disk.write(f"{folder}/part{i}.dll", b"MZ" + bytes(58) + struct.pack("<I", 128) + bytes(64) + b"PE\0\0" + rng.bytes(int(rng.integers(2000, 60000))), drawing.moment(rng))
        else:
            disk.write(f"{folder}/file{i}.{['', 'txt', 'log', 'dat'][i % 4]}", words, drawing.moment(rng))


def fill(maker, disk, known, options, work):
    """All pictures and videos, in an order that is by chance."""
    total, rng = options.pictures, maker.rng
    planting = [e for e in known.entries]
    held = round(total * 0.03)
    counts = {"web": round(total * 0.2), "other": round(total * 0.02), "copy": round(total * 0.05), "video": options.videos, "known": len(planting)}
    counts["camera"] = max(0, total - held - sum(counts.values()) + options.videos + sum(e["kind"] == "absent" for e in planting))
    holders, left, inside = [], held, [e for i, e in enumerate(planting) if i % 6 == 0 and e["kind"] != "absent"]
    while left > 0:
        kind = list(HOLDERS)[len(holders) % 4]
        take = min(left, HOLDERS[kind][1])
        holders.append((kind, take))
        left -= take
    jobs = [(kind, None) for kind, n in counts.items() for _ in range(n) if kind != "known"] + [("holder", h) for h in holders] + [("known", e) for e in planting if e not in inside]
    jobs = [jobs[i] for i in rng.permutation(len(jobs))]
    started, videos = time.time(), 0
    for done, (kind, what) in enumerate(jobs):
        if kind == "copy" and not maker.recent:
            kind = "camera"
        if kind == "camera":
            data, when = maker.camera()
            path = maker.named("camera", "jpg")
            disk.note(path, "jpg", "camera", len(data))
            if len(maker.recent) < 400 or rng.random() < 0.02:
                maker.recent = maker.recent[-399:] + [(path, data)]
        elif kind == "web":
            data, form = maker.web()
            path = maker.named("web", form.split()[0])
            disk.note(path, form, "web", len(data))
        elif kind == "other":
            data, form = maker.other()
            path = maker.named("other", form)
            disk.note(path, form, "other", len(data))
        elif kind == "copy":
            data, text = maker.copy()
            path = maker.named("camera", "jpg")
            disk.note(path, "jpg", text, len(data))
        elif kind == "video":
            data, form, seconds = video(maker, videos, work)
            videos += 1
            path = maker.named("video", form)
            disk.note(path, form, f"video of {seconds} s", len(data))
            if videos <= max(1, options.known // 50):
                known.entries.append({"kind": "video, hash only", "id": f"known-{len(known.entries) + 1:04d}", "path": path,
                                      "md5": hashlib.md5(data).hexdigest(), "sha1": hashlib.sha1(data).hexdigest()})
        elif kind == "known":
            data = known.make(what, maker)
            if data is None:
                continue
            path = what["path"] = maker.named("camera" if done % 2 else "web", "jpg")
            disk.note(path, "jpg", f"{what['id']} {what['kind']}", len(data))
        else:
            form, take = what
            pack, _, place = HOLDERS[form]
            path, members, notes = maker.named("other", form), [], []
            for i in range(take):
                name = place % (f"picture{i + 1}.{'jpeg' if form == 'docx' else 'jpg'}")
                if inside:
                    entry = inside.pop()
                    data = known.make(entry, maker)
                    entry["path"], text = f"{path}/{name}", f"{entry['id']} {entry['kind']}"
                else:
                    data, text = maker.member(), "member"
                members.append((name, data))
                disk.note(f"{path}/{name}", "jpg", text, len(data))
            data = pack(members)
        disk.write(path, data, drawing.moment(rng))
        if done % 1000 == 0:
            print(f"{done} of {len(jobs)} files, {disk.bytes >> 20} MiB, {time.time() - started:.0f} s, {maker.apart.refused} too near", file=sys.stderr)
    assert not inside, "too few archives for the known pictures"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--name", default="pictures")
    parser.add_argument("--pictures", type=int, default=50_000)
    parser.add_argument("--videos", type=int, default=200)
    parser.add_argument("--drawings", type=int, default=90)
    parser.add_argument("--known", type=int, default=200)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--reference", required=True, help="pdq-photo-hasher of facebook/ThreatExchange (pdq/cpp)")
    options = parser.parse_args()
    options.known = min(options.known, max(8, options.pictures // 20))
    os.makedirs(options.directory, exist_ok=True)
    base = os.path.join(options.directory, options.name)
    started = time.time()
    maker = Maker(options)
    print(f"{options.drawings} drawings: {time.time() - started:.0f} s", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=options.directory) as work, open(f"{base}.tsv", "w") as listing:
        known = Known(options.known, work)
        with volume(f"{base}.raw", (options.pictures * 600_000 + options.videos * 4_000_000 + (256 << 20)) // (1 << 20) << 20) as mount:
            disk = Disk(mount, listing)
            system_files(maker, disk, options.pictures // 12)
            fill(maker, disk, known, options, work)
            disk.finish()
        known.write(options.reference, base)
    print(f"{base}.raw: {disk.bytes:,} bytes in files, {os.stat(base + '.raw').st_blocks * 512:,} on this disk; {time.time() - started:.0f} s")


if __name__ == "__main__":
    main()
