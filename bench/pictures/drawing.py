"""Draws ordinary pictures for measuring: landscapes of noise in octaves, gradients, shapes, text and grain. Shares no code with src.

Needs Debian's python3-numpy, python3-pil and libjpeg-turbo-progs (cjpeg). The same seed gives the same picture on one machine.
"""
import datetime
import functools
import io
import re
import struct
import subprocess

import numpy
from PIL import Image, ImageDraw, ImageFont

WORDS = ("harbour lamp river garden window bridge market station meadow winter paper copper engine letter ladder orchard kettle "
         "signal granite willow compass basket lantern timber").split()
FONTS = ["/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSerif-Bold.ttf"]


@functools.lru_cache(maxsize=None)
def _grain(seed):
    """Noise of two sizes, drawn once: 2,048 pixels square, used at another offset for every picture."""
    rng = numpy.random.default_rng(seed)
    fine = rng.normal(0, 1, (2048, 2048)).astype(numpy.float32)
    coarse = Image.fromarray(rng.normal(0, 1, (512, 512)).astype(numpy.float32)).resize((2048, 2048), Image.BICUBIC)
    return fine + numpy.asarray(coarse) * 1.2


@functools.lru_cache(maxsize=64)
def _font(index, size):
    try:
        return ImageFont.truetype(FONTS[index], size)
    except OSError:
        return ImageFont.load_default()


def _field(rng, width, height, cells, fall=0.55):
    """A smooth field: octaves of random grids, each finer and weaker."""
    total = numpy.zeros((height, width), numpy.float32)
    weight = 1.0
    for _ in range(6):
        across, down = max(2, round(cells * width / max(width, height)) + 1), max(2, round(cells * height / max(width, height)) + 1)
        grid = Image.fromarray(rng.normal(0, 1, (down, across)).astype(numpy.float32))
        total += weight * numpy.asarray(grid.resize((width, height), Image.BICUBIC))
        weight *= fall
        cells *= 2
    return total


def _coloured(rng, field):
    stops = numpy.sort(rng.uniform(-2.2, 2.2, 5))
    light = numpy.sort(rng.uniform(10, 245, 5)) if rng.random() < 0.7 else rng.uniform(10, 245, 5)
    return numpy.stack([numpy.interp(field, stops, numpy.clip(light + rng.normal(0, 35, 5), 0, 255)) for _ in range(3)], axis=2)


def grain(picture, strength, seed):
    """The picture with grain over it, as sensors and textures give; what is made smaller loses its own."""
    rng = numpy.random.default_rng(seed)
    tile = numpy.roll(_grain(1) * strength, tuple(rng.integers(0, 2048, 2)), (0, 1)).astype(numpy.int16)
    noise = numpy.tile(tile, (1, picture.width // 2048 + 1))[:, :picture.width]
    pixels = numpy.array(picture)
    for top in range(0, picture.height, 128):  # in strips, which stay in the cache
        strip = pixels[top:top + 128]
        at = top % 2048
        strip[:] = numpy.clip(strip + noise[at:at + strip.shape[0], :, None], 0, 255)
    return Image.fromarray(pixels)


def photo(seed, width, height, strength=3.0):
    """A picture that compresses and hashes as a photo does: large shapes, edges at every size, grain."""
    rng = numpy.random.default_rng(seed)
    scale = max(1, round(max(width, height) / 500))
    w, h = -(-width // scale), -(-height // scale)
    low = _coloured(rng, _field(rng, w, h, float(rng.uniform(1.5, 5))))
    if rng.random() < 0.6:  # ground before sky
        ground = _coloured(rng, _field(rng, w, h, float(rng.uniform(3, 9)), 0.7))
        edge = h * rng.uniform(0.3, 0.75) + numpy.asarray(Image.fromarray(rng.normal(0, h * 0.08, (1, int(rng.integers(3, 12)))).astype(numpy.float32)).resize((w, 1), Image.BICUBIC))[0]
        low = numpy.where((numpy.arange(h)[:, None] > edge[None, :])[:, :, None], ground, low)
    fall = rng.uniform(-0.5, 0.5, 2)
    shade = 1 + fall[0] * (numpy.arange(w)[None, :] / w - 0.5) + fall[1] * (numpy.arange(h)[:, None] / h - 0.5)
    low = numpy.clip(low * shade[:, :, None], 0, 255).astype(numpy.uint8)
    picture = Image.fromarray(low).resize((width, height), Image.BICUBIC)
    _shapes(rng, picture)
    return grain(picture, strength * rng.uniform(0.5, 1.5), seed + 7)


def _shapes(rng, picture):
    pen = ImageDraw.Draw(picture)
    width, height = picture.size
    for _ in range(int(rng.integers(6, 30))):
        x, y = rng.uniform(-0.1, 1) * width, rng.uniform(-0.1, 1) * height
        w, h = (rng.uniform(0.01, 0.25, 2) * min(width, height)).tolist()
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        kind = rng.integers(0, 5)
        if kind == 0:
            pen.ellipse((x, y, x + w, y + h), fill=colour)
        elif kind == 1:  # a house with windows
            pen.rectangle((x, y, x + w, y + h), fill=colour)
            pane = tuple(255 - c for c in colour)
            for i in range(3):
                for j in range(3):
                    pen.rectangle((x + w * (0.1 + i * 0.3), y + h * (0.1 + j * 0.3), x + w * (0.25 + i * 0.3), y + h * (0.3 + j * 0.3)), fill=pane)
        elif kind == 2:
            pen.polygon([(x + w * a, y + h * b) for a, b in rng.uniform(-1, 1, (5, 2))], fill=colour)
        elif kind == 3:
            pen.line([(x + w * a * 3, y + h * b * 3) for a, b in rng.uniform(-1, 1, (4, 2))], fill=colour, width=max(1, width // 300))
        else:
            text = " ".join(WORDS[i] for i in rng.integers(0, len(WORDS), 3))
            pen.text((x, y), text, fill=colour, font=_font(int(rng.integers(0, 2)), max(9, int(height * rng.uniform(0.015, 0.06)))))


def page(seed, width, height):
    """A page or a screen: lines of words, boxes, a heading."""
    rng = numpy.random.default_rng(seed)
    dark = rng.random() < 0.3
    picture = Image.new("RGB", (width, height), (30, 32, 40) if dark else (250, 250, 247))
    pen = ImageDraw.Draw(picture)
    size = max(9, int(height * rng.uniform(0.014, 0.03)))
    y = size * 2
    pen.rectangle((0, 0, width, y), fill=tuple(int(c) for c in rng.integers(0, 256, 3)))
    while y < height:
        if rng.random() < 0.12:
            box = int(rng.integers(3, 9)) * size
            small = photo(int(rng.integers(0, 1 << 40)), max(16, int(width * rng.uniform(0.2, 0.9))), box, 1)
            picture.paste(small, (int(rng.integers(0, width // 2)), y))
            y += box + size
        line = " ".join(WORDS[i] for i in rng.integers(0, len(WORDS), int(rng.integers(2, max(3, width // size // 4)))))
        pen.text((size * 2, y), line, fill=(210, 215, 220) if dark else (25, 25, 25), font=_font(0, size))
        y += int(size * 1.5)
    return picture


def jpeg(picture, quality, **options):
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, **options)
    return out.getvalue()


# --- Camera pictures, put together from drawings that are already compressed ---

class Size:
    """A size of camera pictures: MCUs of 16 pixels, a restart marker after each quarter of a row."""

    COLUMNS = 4

    def __init__(self, width, height, quality, strength, camera):
        self.width, self.height, self.quality, self.strength, self.camera = width, height, quality, strength, camera
        self.rows = -(-height // 16)
        self.step = width // 16 // self.COLUMNS
        assert width == 16 * self.step * self.COLUMNS


class Drawing:
    """One drawing in one size: the compressed quarters of its MCU rows, and a small copy with one pixel an MCU."""

    def __init__(self, picture, size):
        data = subprocess.run(
            ["cjpeg", "-quality", str(size.quality), "-sample", "2x2", "-restart", f"{size.step}B"], input=b"P6 %d %d 255\n" % picture.size + picture.tobytes(), check=True, capture_output=True).stdout
        at = 2
        self.tables = b""
        while True:  # what comes before the first scan, without APPn
            marker, length = data[at + 1], int.from_bytes(data[at + 2:at + 4], "big")
            if not 0xE0 <= marker <= 0xEF:
                self.tables += data[at:at + 2 + length]
            at += 2 + length
            if marker == 0xDA:
                break
        body = data[at:-2]
        ends = [m.start() for m in re.finditer(rb"\xff[\xd0-\xd7]", body)] + [len(body)]
        starts = [0] + [e + 2 for e in ends[:-1]]
        self.parts = [body[s:e] for s, e in zip(starts, ends)]
        assert len(self.parts) == size.rows * size.COLUMNS
        self.small = numpy.asarray(picture.resize((size.step * size.COLUMNS, size.rows), Image.BOX))


def drawings(seed, sizes):
    """One drawing in every size."""
    largest = sizes[0]
    whole = photo(seed, largest.width, largest.height, largest.strength)
    made = []
    for i, size in enumerate(sizes):
        if i == 0:
            picture = whole
        else:
            height = round(whole.width * size.height / size.width)
            picture = grain(whole.resize((size.width, size.height), Image.BOX, box=(0, 0, whole.width, min(height, whole.height))), size.strength, seed + i)
        made.append(Drawing(picture, size))
    return made, whole.resize((1008, 756), Image.BOX)


def parts(rng, columns, rows, depth=3):
    """Cuts a picture of columns x rows into rectangles, each to be taken from another drawing."""
    def cut(left, top, right, bottom, depth):
        wide, tall = right - left, bottom - top
        if depth == 0 or (wide < 2 and tall < rows // 4):
            return [(left, top, right, bottom)]
        if wide > 1 and rng.random() < 0.5:
            at = left + int(rng.integers(1, wide))
            return cut(left, top, at, bottom, depth - 1) + cut(at, top, right, bottom, depth - 1)
        if tall >= 4:
            at = top + int(tall * rng.uniform(0.25, 0.75))
            return cut(left, top, right, at, depth - 1) + cut(left, at, right, bottom, depth - 1)
        return [(left, top, right, bottom)]
    return cut(0, 0, columns, rows, depth)


def compose(rng, pool, size):
    """A new picture from several drawings: its compressed data (a function, called only where wanted) and its small copy."""
    grid = numpy.empty((size.rows, size.COLUMNS, 3), numpy.int64)  # drawing, row, column
    small = numpy.empty((size.rows, size.step * size.COLUMNS, 3), numpy.uint8)
    for left, top, right, bottom in parts(rng, size.COLUMNS, size.rows, int(rng.integers(2, 4))):
        source = int(rng.integers(0, len(pool)))
        x, y = int(rng.integers(0, size.COLUMNS - (right - left) + 1)), int(rng.integers(0, size.rows - (bottom - top) + 1))
        grid[top:bottom, left:right, 0] = source
        grid[top:bottom, left:right, 1] = numpy.arange(y, y + bottom - top)[:, None]
        grid[top:bottom, left:right, 2] = numpy.arange(x, x + right - left)[None, :]
        small[top:bottom, left * size.step:right * size.step] = pool[source].small[y:y + bottom - top, x * size.step:(x + right - left) * size.step]

    def body(application=b""):
        pieces = [b"\xff\xd8", application, pool[0].tables]
        for i, (source, row, column) in enumerate(grid.reshape(-1, 3).tolist()):
            if i:
                pieces.append(RESTART[(i - 1) & 7])
            pieces.append(pool[source].parts[row * size.COLUMNS + column])
        pieces.append(b"\xff\xd9")
        return b"".join(pieces)
    return body, small


RESTART = [bytes([0xFF, 0xD0 + i]) for i in range(8)]


def exif(camera, serial, when, width, height, orientation=1, place=None, thumbnail=None):
    """An APP1 segment as cameras write: make, model, times with offset, body serial number, perhaps GPS and a thumbnail."""
    make, model = camera
    text = lambda s: (2, s.encode() + b"\0")
    short = lambda v: (3, struct.pack(">H", v))
    long = lambda v: (4, struct.pack(">I", v))
    ratio = lambda *v: (5, struct.pack(f">{len(v)}I", *v))
    stamp = when.strftime("%Y:%m:%d %H:%M:%S")
    shot = {0x829A: ratio(1, 125), 0x829D: ratio(28, 10), 0x8827: short(100), 0x9000: (7, b"0232"), 0x9003: text(stamp), 0x9004: text(stamp),
            0x9010: text("+01:00"), 0x9011: text("+01:00"), 0x920A: ratio(4250, 1000), 0x9291: text(f"{when.microsecond // 1000:03d}"),
            0xA002: long(width), 0xA003: long(height), 0xA431: text(serial), 0xA434: text(f"{model} lens")}
    main = {0x010F: text(make), 0x0110: text(model), 0x0112: short(orientation), 0x011A: ratio(72, 1), 0x011B: ratio(72, 1), 0x0128: short(2),
            0x0131: text("1.0.4"), 0x0132: text(stamp)}
    position = None
    if place:
        parts_of = lambda v: ratio(int(v), 1, int(v * 60 % 60), 1, int(v * 360000 % 6000), 100)
        position = {1: text("N"), 2: parts_of(place[0]), 3: text("E"), 4: parts_of(place[1])}

    def block(tags, at):
        """An IFD at an offset: its entries and what does not fit into them."""
        entries, data, follow = b"", b"", at + 2 + 12 * len(tags) + 4
        for tag, (kind, value) in sorted(tags.items()):
            count = len(value) // {2: 1, 3: 2, 4: 4, 5: 8, 7: 1}[kind]
            if len(value) <= 4:
                field = value.ljust(4, b"\0")
            else:
                field = struct.pack(">I", follow + len(data))
                data += value + b"\0" * (len(value) & 1)
            entries += struct.pack(">HHI", tag, kind, count) + field
        return struct.pack(">H", len(tags)) + entries, data

    def length(tags):
        head, data = block(tags, 0)
        return len(head) + 4 + len(data)

    main[0x8769] = long(0)
    if position:
        main[0x8825] = long(0)
    at = 8 + length(main)
    main[0x8769] = long(at)
    head, tail = block(shot, at)
    tail = head + b"\0\0\0\0" + tail
    at += length(shot)
    if position:
        main[0x8825] = long(at)
        head, data = block(position, at)
        tail += head + b"\0\0\0\0" + data
        at += length(position)
    following = 0
    if thumbnail:
        following = at
        small = {0x0103: short(6), 0x0201: long(0), 0x0202: long(len(thumbnail))}
        small[0x0201] = long(at + length(small))
        head, data = block(small, at)
        tail += head + b"\0\0\0\0" + data + thumbnail
    head, data = block(main, 8)
    body = b"Exif\0\0MM\0\x2a\0\0\0\x08" + head + struct.pack(">I", following) + data + tail
    assert len(body) + 2 < 65536
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


# --- Rough PDQ of the small copies, only to keep pictures apart from each other ---

_COSINES = numpy.array([[numpy.cos(numpy.pi / 128 * (i + 1) * (2 * j + 1)) for j in range(64)] for i in range(16)], numpy.float32)
_BITS = numpy.array([bin(i).count("1") for i in range(65536)], numpy.uint8)


def rough(small):
    """256 signs of low frequencies; near to PDQ, not equal to it."""
    grey = Image.fromarray(small).convert("L").resize((64, 64), Image.BOX)
    turned = _COSINES @ numpy.asarray(grey, numpy.float32) @ _COSINES.T
    return numpy.packbits(turned.ravel() > numpy.median(turned)).view(numpy.uint16)


class Apart:
    """Remembers rough hashes and tells whether another is far from all of them."""

    def __init__(self, capacity, least=40):
        self.hashes, self.count, self.least, self.refused = numpy.zeros((capacity, 16), numpy.uint16), 0, least, 0

    def add(self, hash16):
        if self.count and _BITS[self.hashes[:self.count] ^ hash16].sum(axis=1, dtype=numpy.uint16).min() < self.least:
            self.refused += 1
            return False
        self.hashes[self.count] = hash16
        self.count += 1
        return True


def moment(rng):
    return datetime.datetime(2019, 1, 1) + datetime.timedelta(milliseconds=int(rng.integers(0, 5 * 365 * 86400 * 1000)))
