#!/usr/bin/python3
"""How many changed pictures are still found by PDQ, and at which distance: a table for Cairn and for the reference, from the same files.

usage: recall.py --reference PDQ --cairn BENCH [--photos N] [--seed N] [--seconds N] [--scale N] [--pixels]

Draws N pictures (a tenth of them pages of text), changes each in every way below, and hashes each file with the reference
(pdq-photo-hasher, which reads JPEG and PNG; a WebP is handed to it as PNG) and with Cairn. BENCH is the built bench/Cairn.Bench, which
decodes the same files as `cairn examine` does (`pdq-files`); with --pixels it gets the pixels that Pillow decoded (`pdq-pixels`).
Found means: at most 31 bits from any of the eight orientations of the original. Prints Markdown.
"""
import argparse
import os
import statistics
import subprocess
import tempfile
import time

import numpy
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

import drawing

NEAR, LEAST_QUALITY = 31, 50


def encoded(quality):
    return lambda p, path: p.save(path + ".jpg", quality=quality)


def made(change, quality=90):
    return lambda p, path: change(p).save(path + ".jpg", quality=quality)


def resized(share):
    return made(lambda p: p.resize((round(p.width * share), round(p.height * share)), Image.LANCZOS))


def cropped(share):
    return made(lambda p: p.crop((round(p.width * share / 2), round(p.height * share / 2), round(p.width * (1 - share / 2)), round(p.height * (1 - share / 2)))))


def turned(how):
    return made(lambda p: p.transpose(how))


def tilted(degrees):
    return made(lambda p: p.rotate(degrees, Image.BICUBIC))


def watermarked(p):
    over = Image.new("RGBA", p.size)
    size = p.height // 12
    ImageDraw.Draw(over).text((p.width * 0.08, p.height * 0.45), "PREVIEW  harbour", fill=(255, 255, 255, 110), font=ImageFont.truetype(drawing.FONTS[0], size))
    return Image.alpha_composite(p.convert("RGBA"), over.rotate(25)).convert("RGB")


def captioned(p):
    p, size = p.copy(), p.height // 14
    pen = ImageDraw.Draw(p)
    pen.rectangle((0, p.height - size * 2, p.width, p.height), fill=(0, 0, 0))
    pen.text((size, p.height - size * 1.6), "a line of words below", fill=(255, 255, 255), font=ImageFont.truetype(drawing.FONTS[0], size))
    return p


def bordered(share, colour):
    def change(p):
        side = round(min(p.size) * share)
        out = Image.new("RGB", (p.width + 2 * side, p.height + 2 * side), colour)
        out.paste(p, (side, side))
        return out
    return made(change)


def noisy(p):
    rng = numpy.random.default_rng(p.width)
    return Image.fromarray(numpy.clip(numpy.asarray(p, numpy.int16) + rng.normal(0, 15, (p.height, p.width, 3)).astype(numpy.int16), 0, 255).astype(numpy.uint8))


T = Image.Transpose
CHANGES = [
    ("JPEG again, quality 90", encoded(90)), ("JPEG, quality 70", encoded(70)), ("JPEG, quality 50", encoded(50)), ("JPEG, quality 30", encoded(30)), ("JPEG, quality 10", encoded(10)),
    ("PNG", lambda p, path: p.save(path + ".png", compress_level=1)), ("WebP, quality 75", lambda p, path: p.save(path + ".webp", quality=75, method=1)),
    ("resized to 75 %", resized(0.75)), ("resized to 50 %", resized(0.5)), ("resized to 25 %", resized(0.25)),
    ("cropped by 1 %", cropped(0.01)), ("cropped by 2 %", cropped(0.02)), ("cropped by 5 %", cropped(0.05)), ("cropped by 10 %", cropped(0.1)),
    ("rotated by 90°", turned(T.ROTATE_90)), ("rotated by 180°", turned(T.ROTATE_180)), ("rotated by 270°", turned(T.ROTATE_270)),
    ("mirrored", turned(T.FLIP_LEFT_RIGHT)), ("upside down, mirrored", turned(T.FLIP_TOP_BOTTOM)),
    ("rotated by 1°", tilted(1)), ("rotated by 2°", tilted(2)), ("rotated by 5°", tilted(5)),
    ("grey", made(lambda p: p.convert("L"))), ("brighter by 20 %", made(lambda p: ImageEnhance.Brightness(p).enhance(1.2))),
    ("darker by 20 %", made(lambda p: ImageEnhance.Brightness(p).enhance(0.8))), ("contrast 20 % more", made(lambda p: ImageEnhance.Contrast(p).enhance(1.2))),
    ("contrast 20 % less", made(lambda p: ImageEnhance.Contrast(p).enhance(0.8))), ("watermark across", made(watermarked)), ("caption below, 14 % of the height", made(captioned)),
    ("white border, 2 % each side", bordered(0.02, (255, 255, 255))), ("black border, 5 % each side", bordered(0.05, (0, 0, 0))), ("noise, 15 of 255", made(noisy)),
    ("blurred, radius 3", made(lambda p: p.filter(ImageFilter.GaussianBlur(3)))),
]


class Reference:
    def __init__(self, path):
        self.path = path

    def ask(self, files):
        """Quality (of the first alone) and eight hashes for each file."""
        readable = []
        for file in files:
            if file.endswith(".webp"):
                Image.open(file).convert("RGB").save(file + ".png", compress_level=1)
                file += ".png"
            readable.append(file)
        run = lambda *given: subprocess.run([self.path, *given], check=True, capture_output=True, text=True).stdout.split()
        quality = int(run(readable[0])[0].split(",")[1])
        return [(quality if i == 0 else None, [int(h, 16) for h in line.split(",")[:8]]) for i, line in enumerate(run("--pdqdih-across", *readable))]


class Cairn:
    def __init__(self, path, pixels):
        command = ["dotnet", path] if path.endswith(".dll") else [path]
        self.pixels = pixels
        self.process = subprocess.Popen(command + ["pdq-pixels" if pixels else "pdq-files"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, files):
        answers = []
        for file in files:
            if self.pixels:
                picture = Image.open(file).convert("RGB")
                self.process.stdin.write(b"P6 %d %d 255\n" % picture.size + picture.tobytes())
            else:
                self.process.stdin.write(file.encode() + b"\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline().decode().strip()
            fields = line.split(",")
            if fields[0] == "-" or len(fields) < 9:
                raise SystemExit(f"Cairn has no hash: {line}")
            answers.append((int(fields[0]), [int(h, 16) for h in fields[1:9]]))
        return answers


def draw(seed, scale):
    rng = numpy.random.default_rng(seed)
    width, height = [(1600, 1200), (1200, 1600), (1280, 720), (1024, 768), (1080, 1080)][int(rng.integers(0, 5))]
    width, height = width * scale, height * scale
    return drawing.page(seed, width, height) if seed % 10 == 9 else drawing.photo(seed, width, height, 3)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reference", required=True)
    parser.add_argument("--cairn", required=True)
    parser.add_argument("--photos", type=int, default=300)
    parser.add_argument("--seed", type=int, default=40_000)
    parser.add_argument("--seconds", type=int, default=0, help="stops drawing after this many")
    parser.add_argument("--scale", type=int, default=1, help="draws pictures this many times as wide and high; with 2 Cairn decodes most at half scale")
    parser.add_argument("--pixels", action="store_true", help="Cairn gets the pixels that Pillow decoded, not the file")
    options = parser.parse_args()
    tools = [Cairn(options.cairn, options.pixels), Reference(options.reference)]
    distances = {name: ([], []) for name, _ in CHANGES}
    apart = {name: [] for name, _ in CHANGES}
    started, photos, poor = time.time(), 0, 0
    while photos < options.photos and not (options.seconds and time.time() - started > options.seconds):
        picture = draw(options.seed + photos + poor, options.scale)
        with tempfile.TemporaryDirectory() as work:
            picture.save(f"{work}/original.jpg", quality=95)
            picture = Image.open(f"{work}/original.jpg").convert("RGB")
            for i, (_, change) in enumerate(CHANGES):
                change(picture, f"{work}/{i:02d}")
            files = [f"{work}/original.jpg"] + sorted(f"{work}/{f}" for f in os.listdir(work) if f[0].isdigit())
            answers = [tool.ask(files) for tool in tools]
        if answers[1][0][0] < LEAST_QUALITY:
            poor += 1
            continue
        photos += 1
        for i, (name, _) in enumerate(CHANGES):
            for k in range(2):
                changed = answers[k][i + 1][1][0]
                distances[name][k].append(min((h ^ changed).bit_count() for h in answers[k][0][1]))
            apart[name].append((answers[0][i + 1][1][0] ^ answers[1][i + 1][1][0]).bit_count())
    print(f"{photos} drawn pictures; {poor} more with a quality below {LEAST_QUALITY} left out.\n")
    print("| change | Cairn: found | median | largest | reference: found | median | largest | Cairn from reference, largest |")
    print("|---|---|---|---|---|---|---|---|")
    for name, _ in CHANGES:
        cells = [f"{100 * sum(d <= NEAR for d in ds) / len(ds):.1f} % | {statistics.median_low(ds)} | {max(ds)}" for ds in distances[name]]
        print(f"| {name} | {cells[0]} | {cells[1]} | {max(apart[name])} |")


if __name__ == "__main__":
    main()
