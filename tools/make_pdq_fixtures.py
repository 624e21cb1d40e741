#!/usr/bin/env python3
"""Makes fixtures/pdq: drawn pictures as PPM/PGM, and what the reference PDQ says of each and of each turned copy.

usage: make_pdq_fixtures.py REFERENCE

REFERENCE is pdq-photo-hasher of facebook/ThreatExchange (pdq/cpp, commit baefb4e), built with any compiler; it reads PPM itself.
Needs Pillow, which draws, turns and mirrors.
"""
import gzip
import hashlib
import math
import os
import random
import subprocess
import sys
import tempfile

from PIL import Image, ImageDraw

REFERENCE = sys.argv[1]
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "pdq")

# name, width, height, mode
PICTURES = [
    ("square64", 64, 64, "RGB"), ("tiny5", 5, 5, "RGB"), ("thin4", 4, 90, "RGB"), ("flat4", 90, 4, "L"), ("wide", 131, 47, "RGB"),
    ("square128", 128, 128, "RGB"), ("over128", 129, 200, "L"), ("uneven", 333, 222, "RGB"), ("square512", 512, 512, "L"),
    ("wide513", 513, 300, "RGB"), ("tall", 300, 700, "L"), ("photo", 800, 600, "RGB"), ("strip", 600, 3, "RGB"), ("plain", 200, 150, "RGB"),
    ("column6", 6, 512, "L"), ("square385", 385, 257, "RGB"),
]

TURNS = [
    ("Original", None), ("Rotate90", Image.Transpose.ROTATE_90), ("Rotate180", Image.Transpose.ROTATE_180), ("Rotate270", Image.Transpose.ROTATE_270),
    ("FlipX", Image.Transpose.FLIP_TOP_BOTTOM), ("FlipY", Image.Transpose.FLIP_LEFT_RIGHT), ("FlipPlus1", Image.Transpose.TRANSPOSE),
    ("FlipMinus1", Image.Transpose.TRANSVERSE),
]


def draw(name, width, height):
    rng = random.Random(name)
    if name == "plain":
        return Image.new("RGB", (width, height), (90, 120, 200))
    picture = Image.new("RGB", (width, height))
    pixels = picture.load()
    turn = rng.uniform(0, math.pi)
    for y in range(height):
        for x in range(width):
            wave = math.sin((x * math.cos(turn) + y * math.sin(turn)) * 9 / (width + height)) * 60
            pixels[x, y] = (int(110 + wave), int(60 + 120 * y / height), int(200 - 120 * x / width))
    pen = ImageDraw.Draw(picture)
    for _ in range(24):
        x, y = rng.uniform(-0.2, 1) * width, rng.uniform(-0.2, 1) * height
        w, h = rng.uniform(0.05, 0.4) * width, rng.uniform(0.05, 0.4) * height
        colour = tuple(rng.randrange(256) for _ in range(3))
        rng.choice([pen.ellipse, pen.rectangle])((x, y, x + w, y + h), fill=colour)
    return picture


def run(picture, option):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.pgm" if picture.mode == "L" else "a.ppm")
        picture.save(path)
        return subprocess.run([REFERENCE, option, path], check=True, capture_output=True, text=True).stdout.strip()


def ask(picture):
    fields = dict(part.split("=", 1) for part in run(picture, "-d").split(","))
    return fields["hash"], fields["quality"]


def ask_all_eight(picture):
    """What the reference works out for the turned pictures from the one that was not turned."""
    return run(picture, "--pdqdih-across").split(",")[:8]


def main():
    os.makedirs(FOLDER, exist_ok=True)
    rows, derived, manifest = [], [], []
    for name, width, height, mode in PICTURES:
        picture = draw(name, width, height).convert(mode)
        file = f"{name}.{'pgm' if mode == 'L' else 'ppm'}.gz"
        header = f"{'P5' if mode == 'L' else 'P6'}\n{width} {height}\n255\n".encode()
        data = gzip.compress(header + picture.tobytes(), 9, mtime=0)
        with open(os.path.join(FOLDER, file), "wb") as out:
            out.write(data)
        manifest.append((file, hashlib.sha256(data).hexdigest()))
        for turn, method in TURNS:
            turned = picture if method is None else picture.transpose(method)
            rows.append((file, turn, *ask(turned)))
        for (turn, _), answer in zip(TURNS, ask_all_eight(picture)):
            derived.append((file, turn, answer))
    text = "file\tturned\thash\tquality\n" + "".join("\t".join(row) + "\n" for row in rows)
    with open(os.path.join(FOLDER, "reference.tsv"), "w", encoding="ascii") as out:
        out.write(text)
    with open(os.path.join(FOLDER, "derived.tsv"), "w", encoding="ascii") as out:
        out.write("file\tturned\thash\n" + "".join("\t".join(row) + "\n" for row in derived))
    with open(os.path.join(FOLDER, "MANIFEST.tsv"), "w", encoding="ascii") as out:
        out.write("file\tsha256\torigin\tlicence\texpectation\n")
        for file, digest in manifest:
            out.write(f"{file}\t{digest}\ttools/make_pdq_fixtures.py (Pillow)\tCC0-1.0\treference PDQ in C++ (facebook/ThreatExchange baefb4e): reference.tsv, derived.tsv\n")


main()
