#!/usr/bin/env python3
"""Makes fixtures/pictures: one drawn scene in every picture format that an encoder is here for, and what other programs say of each file.

usage: make_picture_fixtures.py REFERENCE

REFERENCE is pdq-photo-hasher of facebook/ThreatExchange (pdq/cpp, commit baefb4e), built with any compiler. It hashes what Pillow,
ImageMagick or djxl decode from the files (alpha laid over white), never what Cairn decodes.
Needs Pillow, ImageMagick 6, ffmpeg, heif-enc, cwebp, gif2webp, img2webp, cjxl and djxl. Pictures of a camera's raw format are made here: a DNG whose mosaic is
the scene, and one with a JPEG preview.
"""
import hashlib
import io
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
import zlib

from PIL import Image, ImageDraw, ImageSequence

REFERENCE = sys.argv[1]
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "pictures")
rows, origins = [], {}


def scene(width=320, height=240, seed="scene", shift=0):
    rng = random.Random(seed)
    picture = Image.new("RGB", (width, height))
    pixels = picture.load()
    for y in range(height):
        for x in range(width):
            wave = math.sin((x * 0.8 + y * 0.6) * 9 / (width + height)) * 60
            pixels[x, y] = (int(110 + wave), int(60 + 120 * y / height), int(200 - 120 * x / width))
    pen = ImageDraw.Draw(picture)
    for _ in range(24):
        x, y = rng.uniform(-0.2, 1) * width + shift, rng.uniform(-0.2, 1) * height
        w, h = rng.uniform(0.05, 0.4) * width, rng.uniform(0.05, 0.4) * height
        colour = tuple(rng.randrange(256) for _ in range(3))
        rng.choice([pen.ellipse, pen.rectangle])((x, y, x + w, y + h), fill=colour)
    return picture


def see_through(picture):
    result = picture.convert("RGBA")
    mask = Image.linear_gradient("L").resize(picture.size)
    result.putalpha(mask)
    return result


def run(*command):
    return subprocess.run(command, check=True, capture_output=True).stdout


def over_white(picture):
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture.convert("RGB")


def ask(picture):
    """Hash and quality of pixels, by the reference."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.ppm")
        picture.convert("RGB").save(path)
        line = run(REFERENCE, "-d", path).decode().strip()
    fields = dict(part.split("=", 1) for part in line.split(","))
    return fields["hash"], int(fields["quality"])


def by_imagemagick(data, suffix, page=0):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a" + suffix)
        with open(path, "wb") as out:
            out.write(data)
        png = run("convert", f"{path}[{page}]", "-background", "white", "-alpha", "remove", "-depth", "8", "-colorspace", "sRGB", "PNG24:-")
    return Image.open(io.BytesIO(png))


def by_djxl(data):
    with tempfile.TemporaryDirectory() as folder:
        path, png = os.path.join(folder, "a.jxl"), os.path.join(folder, "a.png")
        with open(path, "wb") as out:
            out.write(data)
        run("djxl", path, png)
        return over_white(Image.open(png)).copy()


def add(name, data, status="Decoded", format_name="", decoded=None, size=None, orientation=1, frames=1, frame_pixels=(), made_by="Pillow", read_by="Pillow", flaw=""):
    """Writes a file and its row; decoded are the pixels that another program made of it, None where there is nothing to compare."""
    with open(os.path.join(FOLDER, name), "wb") as out:
        out.write(data)
    origins[name] = (made_by, read_by)
    digest, quality = ask(decoded) if decoded is not None else ("", "")
    width, height = size or (decoded.size if decoded is not None else (0, 0))
    each = " ".join(ask(p)[0] for p in frame_pixels)
    rows.append((name, status, format_name, width, height, orientation, frames, digest, quality, each, flaw))


def pil(picture, kind, **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def opened(data):
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def simple(name, data, format_name, **more):
    add(name, data, format_name=format_name, decoded=over_white(opened(data)), **more)


def all_frames(data):
    """Every frame as Pillow composes it."""
    return [over_white(frame.convert("RGBA")) for frame in ImageSequence.Iterator(Image.open(io.BytesIO(data)))]


def by_ffmpeg(data, width, height):
    """Every frame as ffmpeg composes it: Pillow lays frames that let the ground through on what was there before."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.png")
        with open(path, "wb") as out:
            out.write(data)
        raw = run("ffmpeg", "-v", "error", "-f", "apng", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgba", "-vsync", "0", "-")
    size = width * height * 4
    return [over_white(Image.frombytes("RGBA", (width, height), raw[at:at + size])) for at in range(0, len(raw), size)]


def animated(name, data, format_name, made_by, frames=None):
    frames = frames or all_frames(data)
    add(name, data, format_name=format_name, decoded=frames[0], frames=len(frames), frame_pixels=frames, made_by=made_by)


def tool(suffix_in, suffix_out, picture, *command, **options):
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "in" + suffix_in), os.path.join(folder, "out" + suffix_out)
        picture.save(source, **options)
        run(*[part.replace("IN", source).replace("OUT", target) for part in command])
        with open(target, "rb") as out:
            return out.read()


def jpegs():
    picture = scene()
    simple("baseline.jpg", pil(picture, "JPEG", quality=85), "JPEG")
    simple("progressive.jpg", pil(picture, "JPEG", quality=80, progressive=True), "JPEG")
    simple("grey.jpg", pil(picture.convert("L"), "JPEG", quality=85), "JPEG")
    simple("full-chroma.jpg", pil(picture, "JPEG", quality=90, subsampling=0), "JPEG")
    exif = Image.Exif()
    exif[0x0112] = 6
    simple("turned.jpg", pil(picture, "JPEG", quality=85, exif=exif), "JPEG", orientation=6)
    cmyk = pil(picture.convert("CMYK"), "JPEG", quality=85)
    simple("cmyk.jpg", cmyk, "JPEG")
    # Cut in the middle: other programs fill the rest with grey or with the last values, so only the status is compared.
    for name in ("baseline", "progressive"):
        whole = pil(picture, "JPEG", quality=85, progressive=name == "progressive")
        add(f"{name}-cut.jpg", whole[:len(whole) * 6 // 10], "Partial", "JPEG", size=picture.size)
    # Two sides above 2048: may be decoded at half scale. Smooth, so that it stays small.
    large = scene(2400, 2100, "large")
    simple("large.jpg", pil(large, "JPEG", quality=60, progressive=True, optimize=True), "JPEG")
    fine = scene(2100, 2060, "fine")
    pen = ImageDraw.Draw(fine)
    for x in range(0, 2100, 7):
        pen.line((x, 0, x, 2060), fill=(255, 255, 255) if x % 2 else (0, 0, 0), width=2)
    simple("fine.jpg", pil(fine, "JPEG", quality=40, optimize=True, progressive=True), "JPEG")


def pngs():
    picture = scene()
    simple("rgb.png", pil(picture, "PNG", optimize=True), "PNG")
    simple("grey.png", pil(picture.convert("L"), "PNG"), "PNG")
    simple("palette.png", pil(picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=64), "PNG"), "PNG")
    simple("bilevel.png", pil(picture.convert("1"), "PNG"), "PNG")
    simple("alpha.png", pil(see_through(picture), "PNG"), "PNG")
    simple("grey-alpha.png", pil(see_through(picture).convert("LA"), "PNG"), "PNG")
    deep = tool(".png", ".png", picture, "convert", "IN", "-gamma", "1.2", "-depth", "16", "-define", "png:bit-depth=16", "-define", "png:color-type=2", "OUT")
    add("rgb16.png", deep, format_name="PNG", decoded=by_imagemagick(deep, ".png"), made_by="ImageMagick", read_by="ImageMagick")
    interlaced = tool(".png", ".png", picture, "convert", "IN", "-interlace", "PNG", "OUT")
    simple("interlaced.png", interlaced, "PNG", made_by="ImageMagick")
    whole = pil(picture, "PNG")
    add("cut.png", whole[:len(whole) * 6 // 10], "Partial", "PNG", size=picture.size)
    frames = [scene(160, 120, "move", 12 * i) for i in range(6)]
    apng = pil(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=100)
    animated("animated.png", apng, "PNG", "Pillow")
    ghosts = [see_through(frame) for frame in frames]
    apng = pil(ghosts[0], "PNG", save_all=True, append_images=ghosts[1:], duration=100, disposal=1, blend=1)
    animated("animated-alpha.png", apng, "PNG", "Pillow", by_ffmpeg(apng, 160, 120))


def moving():
    frames = [scene(160, 120, "move", 12 * i) for i in range(6)]
    simple("still.gif", pil(scene(160, 120).convert("P", palette=Image.Palette.ADAPTIVE), "GIF"), "GIF")
    gif = pil(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0)
    animated("animated.gif", gif, "GIF", "Pillow")
    add("cut.gif", gif[:len(gif) * 5 // 10], "Partial", "GIF", size=frames[0].size, frames=-1)
    webp = pil(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100, quality=80)
    animated("animated.webp", webp, "WebP", "Pillow")
    picture = scene()
    simple("lossy.webp", tool(".png", ".webp", picture, "cwebp", "-quiet", "-q", "80", "IN", "-o", "OUT"), "WebP", made_by="cwebp")
    simple("lossless.webp", tool(".png", ".webp", picture, "cwebp", "-quiet", "-lossless", "IN", "-o", "OUT"), "WebP", made_by="cwebp")
    simple("alpha.webp", tool(".png", ".webp", see_through(picture), "cwebp", "-quiet", "-q", "80", "IN", "-o", "OUT"), "WebP", made_by="cwebp")


def tiffs():
    picture = scene()
    simple("lzw.tif", pil(picture, "TIFF", compression="tiff_lzw"), "TIFF")
    simple("deflate.tif", pil(picture, "TIFF", compression="tiff_adobe_deflate"), "TIFF")
    simple("jpeg.tif", pil(picture, "TIFF", compression="jpeg", quality=85), "TIFF")
    simple("fax.tif", pil(picture.convert("1"), "TIFF", compression="group4"), "TIFF")
    simple("cmyk.tif", pil(picture.convert("CMYK"), "TIFF", compression="tiff_lzw"), "TIFF")
    deep = tool(".png", ".tif", picture.resize((160, 120)), "convert", "IN", "-depth", "16", "-compress", "Zip", "OUT")
    add("rgb16.tif", deep, format_name="TIFF", decoded=by_imagemagick(deep, ".tif"), made_by="ImageMagick", read_by="ImageMagick")
    pages = [scene(160, 120, f"page {i}") for i in range(3)]
    data = pil(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_adobe_deflate")
    animated("pages.tif", data, "TIFF", "Pillow")


def others():
    picture = scene(200, 150)
    simple("rgb.bmp", pil(picture, "BMP"), "BMP")
    simple("palette.bmp", pil(picture.convert("P", palette=Image.Palette.ADAPTIVE), "BMP"), "BMP")
    icon = scene(128, 128, "icon")
    data = pil(see_through(icon), "ICO", sizes=[(16, 16), (48, 48), (128, 128)])
    add("icon.ico", data, format_name="ICO", decoded=over_white(see_through(icon)), frames=1)
    cursor = bytearray(tool(".png", ".ico", scene(48, 48, "cursor"), "convert", "IN", "OUT"))
    struct.pack_into("<H", cursor, 2, 2)  # an icon with another type and a hot spot
    struct.pack_into("<HH", cursor, 10, 5, 7)
    add("arrow.cur", bytes(cursor), format_name="CUR", decoded=scene(48, 48, "cursor"), made_by="ImageMagick")
    picture = scene()
    for name, format_name, options in (("still.heic", "HEIC", []), ("still.avif", "AVIF", ["-A"])):
        data = tool(".png", os.path.splitext(name)[1], picture, "heif-enc", *options, "-q", "70", "IN", "-o", "OUT")
        add(name, data, format_name=format_name, decoded=by_imagemagick(data, os.path.splitext(name)[1]), made_by="heif-enc", read_by="ImageMagick")
    simple("lossy.jp2", pil(picture, "JPEG2000", quality_mode="rates", quality_layers=[20]), "JPEG 2000")
    simple("stream.j2k", pil(picture, "JPEG2000", quality_mode="rates", quality_layers=[20], no_jp2=True), "JPEG 2000")
    jxl = tool(".png", ".jxl", picture, "cjxl", "IN", "OUT", "-d", "1.5", "--quiet")
    add("lossy.jxl", jxl, format_name="JPEG XL", decoded=by_djxl(jxl), made_by="cjxl", read_by="djxl")
    jxl = tool(".png", ".jxl", picture, "cjxl", "IN", "OUT", "-d", "1.5", "--container=1", "--quiet")
    add("boxed.jxl", jxl, format_name="JPEG XL", decoded=by_djxl(jxl), made_by="cjxl", read_by="djxl")
    psd = tool(".png", ".psd", picture, "convert", "IN", "-compress", "RLE", "OUT")
    add("layers.psd", psd, format_name="PSD", decoded=opened(psd).convert("RGB"), made_by="ImageMagick")


def ifd(entries, at, next_ifd=0):
    """A TIFF directory at an offset and the values that do not fit in it."""
    body, extra = struct.pack("<H", len(entries)), b""
    place = at + 2 + 12 * len(entries) + 4
    for tag, kind, values in sorted(entries):
        if kind == 2:
            data, count = values, len(values)
        else:
            data, count = b"".join(struct.pack({1: "<B", 3: "<H", 4: "<I", 5: "<II", 10: "<ii"}[kind], *(v if isinstance(v, tuple) else (v,))) for v in values), len(values)
        if len(data) <= 4:
            body += struct.pack("<HHI", tag, kind, count) + data.ljust(4, b"\0")
        else:
            body += struct.pack("<HHII", tag, kind, count, place + len(extra))
            extra += data + b"\0" * (len(data) % 2)
    return body + struct.pack("<I", next_ifd) + extra


def raws():
    """DNG 1.4: the mosaic RGGB of the scene, 16 bits, not compressed; and one with a large JPEG preview beside an unreadable mosaic."""
    picture = scene(256, 192)
    width, height = picture.size
    linear = [min(65535, round(((v / 255 + 0.055) / 1.055) ** 2.4 * 65535) if v > 10 else round(v / 255 / 12.92 * 65535)) for v in range(256)]
    mosaic = b""
    pixels = picture.load()
    for y in range(height):
        mosaic += struct.pack(f"<{width}H", *[linear[pixels[x, y][(0, 1, 1, 2)[(y % 2) * 2 + x % 2]]] for x in range(width)])
    xyz_to_srgb = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)
    entries = [
        (0x00FE, 4, [0]), (0x0100, 4, [width]), (0x0101, 4, [height]), (0x0102, 3, [16]), (0x0103, 3, [1]), (0x0106, 3, [32803]),
        (0x010F, 2, b"Drawn\0"), (0x0110, 2, b"Scene\0"), (0x0111, 4, [0]), (0x0112, 3, [1]), (0x0115, 3, [1]), (0x0116, 4, [height]), (0x0117, 4, [len(mosaic)]),
        (0x828D, 3, [2, 2]), (0x828E, 1, [0, 1, 1, 2]), (0xC612, 1, [1, 4, 0, 0]), (0xC614, 2, b"Drawn Scene\0"), (0xC61D, 4, [65535]),
        (0xC621, 10, [(round(v * 10000), 10000) for v in xyz_to_srgb]), (0xC628, 5, [(1, 1)] * 3), (0xC65A, 3, [21]),
    ]
    head = 8 + len(ifd(entries, 8))
    entries = [(t, k, [head] if t == 0x0111 else v) for t, k, v in entries]
    data = b"II*\0" + struct.pack("<I", 8) + ifd(entries, 8) + mosaic
    add("mosaic.dng", data, format_name="DNG", decoded=picture, made_by="tools/make_picture_fixtures.py", read_by="the drawing itself")

    preview = scene(1200, 900, "preview")
    jpeg = pil(preview, "JPEG", quality=50, optimize=True, progressive=False)
    small = [
        (0x00FE, 4, [1]), (0x0100, 4, [1200]), (0x0101, 4, [900]), (0x0102, 3, [8, 8, 8]), (0x0103, 3, [7]), (0x0106, 3, [6]), (0x010F, 2, b"Drawn\0"), (0x0110, 2, b"Scene\0"),
        (0x0111, 4, [0]), (0x0112, 3, [1]), (0x0115, 3, [3]), (0x0116, 4, [900]), (0x0117, 4, [len(jpeg)]), (0xC612, 1, [1, 4, 0, 0]), (0xC614, 2, b"Drawn Scene\0"),
    ]
    head = 8 + len(ifd(small, 8))
    small = [(t, k, [head] if t == 0x0111 else v) for t, k, v in small]
    data = b"II*\0" + struct.pack("<I", 8) + ifd(small, 8) + jpeg
    add("preview.dng", data, format_name="DNG", decoded=over_white(opened(jpeg)), made_by="Pillow, tools/make_picture_fixtures.py")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def floods():
    """Small files that claim many pixels."""
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0" * 10000)) + chunk(b"IEND", b"")
    add("flood.png", png, "LimitReached", "PNG", size=(60000, 60000), made_by="tools/make_picture_fixtures.py", flaw="pixels")
    jpeg = bytearray(pil(scene(64, 64), "JPEG", quality=50))
    at = jpeg.index(b"\xff\xc0")
    struct.pack_into(">HH", jpeg, at + 5, 65500, 65500)
    add("flood.jpg", bytes(jpeg), "LimitReached", "JPEG", size=(65500, 65500), made_by="Pillow, tools/make_picture_fixtures.py", flaw="pixels")
    entries = [(0x0100, 4, [200000]), (0x0101, 4, [200000]), (0x0102, 3, [8]), (0x0103, 3, [1]), (0x0106, 3, [1]), (0x0111, 4, [8]), (0x0116, 4, [200000]), (0x0117, 4, [100])]
    add("flood.tif", b"II*\0" + struct.pack("<I", 8) + ifd(entries, 8), "LimitReached", "TIFF", size=(200000, 200000), made_by="tools/make_picture_fixtures.py", flaw="pixels")
    bmp = bytearray(pil(Image.new("RGB", (8, 8)), "BMP"))
    struct.pack_into("<ii", bmp, 18, 100000, 100000)
    add("flood.bmp", bytes(bmp), "Malformed", "BMP", size=(0, 0), made_by="Pillow, tools/make_picture_fixtures.py", flaw="pixels")
    add("not-a-picture.jpg", b"\xff\xd8\xff\xe0" + bytes(200), "Malformed", "JPEG", made_by="tools/make_picture_fixtures.py")


def main():
    os.makedirs(FOLDER, exist_ok=True)
    for part in (jpegs, pngs, moving, tiffs, others, raws, floods):
        part()
    with open(os.path.join(FOLDER, "reference.tsv"), "w", encoding="ascii") as out:
        out.write("file\tstatus\tformat\twidth\theight\torientation\tframes\thash\tquality\tframe hashes\tflaw\n")
        for row in rows:
            out.write("\t".join(str(field) for field in row) + "\n")
    with open(os.path.join(FOLDER, "MANIFEST.tsv"), "w", encoding="ascii") as out:
        out.write("file\tsha256\torigin\tlicence\texpectation\n")
        for name, (made_by, read_by) in origins.items():
            with open(os.path.join(FOLDER, name), "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            out.write(f"{name}\t{digest}\ttools/make_picture_fixtures.py ({made_by})\tCC0-1.0\treference PDQ in C++ (facebook/ThreatExchange baefb4e) of the pixels decoded by {read_by}: reference.tsv\n")


main()
