#!/usr/bin/env python3
"""Writes a VICS-like JSON file of any length, streamed: made-up hashes and words only.

usage: make_vics.py FILE [--bytes N] [--shape media|hashes|withdrawn|words|deep] [--cut]

media: ordinary media, as many as fit (about 600 bytes each). The others are hostile: one medium with hashes without end (hashes), withdrawals
with long identities (withdrawn), media with words of many megabytes (words), objects in objects (deep). --cut: the file ends in the middle of a medium.
"""
import argparse
import random

HEAD = '\ufeff{"@odata.context":"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media","value":['


def media(rng):
    number = 0
    while True:
        number += 1
        md5, sha1, pdq = rng.randbytes(16).hex().upper(), rng.randbytes(20).hex().upper(), rng.randbytes(32).hex()
        yield (f'{{"MediaID":{number},"Category":{number % 5},"MD5":"{md5}","SHA1":"{sha1}","MediaSize":{rng.randrange(10 ** 4, 10 ** 7)},"MimeType":"image/jpeg",'
               f'"VictimIdentified":"false","OffenderIdentified":"false","IsDistributed":"false","IsPrecategorized":"true","PrecategorizationSource":"Unit {number % 7}",'
               f'"Series":"","Tags":"drawn;{number % 11}","Comments":"a drawn picture","DateUpdated":"2024-05-0{number % 9 + 1}T10:00:00Z",'
               f'"AlternativeHashes":[{{"HashName":"PDQ","HashValue":"{pdq}"}}],"MediaFiles":[{{"MD5":"{md5}","FileName":"picture {number}.jpg","FilePath":"folder\\\\{number % 100}",'
               f'"Created":"2020-01-01T00:00:00Z","Unallocated":"false"}}]}}')


def hashes(rng):
    yield '{"MediaID":1,"Category":1,"MD5":"' + rng.randbytes(16).hex() + '","AlternativeHashes":[{"HashName":"PDQ","HashValue":"' + rng.randbytes(32).hex() + '"}'
    while True:
        yield '{"HashName":"SHA256","HashValue":"' + rng.randbytes(32).hex() + '"}'


def withdrawn(rng):
    number = 0
    while True:
        number += 1
        yield f'{{"MediaID":"{number:x}{"i" * 200_000}","Category":1,"IsDeleted":"true"}}'


def words(rng):
    while True:
        yield '{"MediaID":1,"Category":1,"MD5":"' + rng.randbytes(16).hex() + '","Comments":"' + "w\\u00e9" * 6_000_000 + '","Tags":"' + "t" * 60_000_000 + '"}'


def deep(rng):
    yield '{"MediaID":1,"Category":1,"Exifs":' + '{"a":' * 40_000_000 + "1" + "}" * 40_000_000 + "}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--bytes", type=int, default=5_000_000_000)
    parser.add_argument("--shape", choices=["media", "hashes", "withdrawn", "words", "deep"], default="media")
    parser.add_argument("--cut", action="store_true")
    options = parser.parse_args()
    items, done, pieces = globals()[options.shape](random.Random(5)), 0, [HEAD]
    with open(options.file, "w", encoding="utf-8", newline="") as f:
        first = True
        for item in items:
            pieces.append(item if first else "," + item)
            done, first = done + len(item), False
            if len(pieces) >= 5000 or len(item) > 100_000:
                f.write("".join(pieces))
                pieces = []
            if done >= options.bytes:
                break
        end = ("]}" if options.shape == "hashes" else "") + "]}"
        text = "".join(pieces)
        f.write(text[:-200] if options.cut and len(text) > 200 else text if options.cut else text + end)


if __name__ == "__main__":
    main()
