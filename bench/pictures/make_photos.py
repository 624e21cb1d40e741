#!/usr/bin/python3
"""Makes a folder of drawn camera pictures, each whole and unlike the others: make_photos.py DIR [--count N] [--width W] [--height H] [--quality Q] [--seed N]

JPEG with 4:2:0 chroma and EXIF with a thumbnail, as phones write them; 3 to 5 MB each at 4000 x 3000 and quality 90.
"""
import argparse
import os

import numpy
from PIL import Image

import drawing


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--height", type=int, default=3000)
    parser.add_argument("--quality", type=int, default=90)
    parser.add_argument("--grain", type=float, default=8)
    parser.add_argument("--seed", type=int, default=12)
    options = parser.parse_args()
    os.makedirs(options.directory, exist_ok=True)
    rng, apart, made, seed = numpy.random.default_rng(options.seed), drawing.Apart(options.count), 0, options.seed * 1_000_000
    while made < options.count:
        seed += 1
        path = os.path.join(options.directory, f"IMG_{made + 1:05d}.jpg")
        picture = drawing.photo(seed, options.width, options.height, options.grain)
        small = picture.resize((256, 192), Image.BOX)
        if not apart.add(drawing.rough(numpy.asarray(small))):
            continue
        made, when = made + 1, drawing.moment(rng)
        if os.path.exists(path):
            continue  # of a run that was stopped: the same seeds give the same pictures
        data = drawing.jpeg(picture, options.quality, subsampling=2)
        app = drawing.exif(("Northlight", "N12"), f"SN{10_000_000 + made % 5}", when, options.width, options.height, 1, None, drawing.jpeg(small.resize((160, 120)), 70))
        with open(path + ".part", "wb") as f:
            f.write(data[:2] + app + data[2:])
        os.rename(path + ".part", path)


if __name__ == "__main__":
    main()
