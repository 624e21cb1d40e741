#!/usr/bin/env python3
"""Draws the ordinary files of the sample evidence: pictures, documents, text. No randomness and no clock: the same bytes each time.

usage: draw_sample_files.py FOLDER
"""
import math
import os
import struct
import sys
import zipfile
import zlib

WIDTH, HEIGHT = 320, 200


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(pixel, width=WIDTH, height=HEIGHT):
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows.extend(pixel(x, y))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b""))


def bmp(pixel, width=120, height=80):
    stride = (width * 3 + 3) // 4 * 4
    rows = bytearray()
    for y in reversed(range(height)):
        row = bytearray()
        for x in range(width):
            r, g, b = pixel(x, y)
            row.extend((b, g, r))
        rows.extend(row.ljust(stride, b"\0"))
    return (b"BM" + struct.pack("<IHHI", 54 + len(rows), 0, 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(rows), 2835, 2835, 0, 0) + bytes(rows))


def hills(x, y):
    ridge = 120 + 25 * math.sin(x / 37) + 12 * math.sin(x / 11)
    if (x - 250) ** 2 + (y - 45) ** 2 < 600:
        return 250, 220, 90
    return (40, 110 + (x * 7 + y * 3) % 30, 50) if y > ridge else (120 + y // 3, 170 + y // 4, 235)


def boat(x, y):
    if y > 140:
        return 20, 70 + int(15 * math.sin(x / 9 + y)), 150
    if 120 <= y <= 140 and 100 + (y - 120) <= x <= 220 - (y - 120):
        return 120, 60, 30
    if 40 <= y < 120 and 158 <= x <= 162 + (y - 40) // 2:
        return 245, 245, 235
    return 190, 215, 240


def tiles(x, y):
    return (210, 200, 180) if (x // 20 + y // 20) % 2 else (120, 60, 60)


def house(x, y):
    if 60 < x < 200 and 90 < y < 170:
        return (90, 60, 40) if 120 < x < 145 and y > 120 else (220, 190, 150)
    if 40 <= y <= 90 and abs(x - 130) < (y - 40) * 1.6:
        return 160, 50, 40
    return (90, 160, 80) if y >= 170 else (200, 225, 245)


def pdf(lines):
    text = "BT /F1 14 Tf 60 760 Td 18 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    bodies = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
              "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
              f"<< /Length {len(text)} >>\nstream\n{text}\nendstream", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    out, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n" + "".join(f"{o:010} 00000 n \n" for o in offsets)
    return (out + f"trailer << /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").encode()


def docx(path, paragraphs):
    kinds = ('<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
             '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
             '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>')
    relations = ('<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                 '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>')
    body = "".join(f"<w:p><w:r><w:t>{p}</w:t></w:r></w:p>" for p in paragraphs)
    document = ('<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
                f"<w:body>{body}</w:body></w:document>")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("[Content_Types].xml", kinds), ("_rels/.rels", relations), ("word/document.xml", document)):
            archive.writestr(zipfile.ZipInfo(name, (2024, 3, 1, 9, 0, 0)), text, zipfile.ZIP_DEFLATED)


def main(folder):
    os.makedirs(folder, exist_ok=True)

    def write(name, data):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)

    write("hills.png", png(hills))
    write("boat.png", png(boat))
    write("tiles.bmp", bmp(tiles))
    write("house.png", png(house, 260, 200))
    write("letter.pdf", pdf(["Dear Sam,", "the boat is at the mole until Friday.", "Yours, Robin"]))
    docx(os.path.join(folder, "plan.docx"), ["Plan for the allotment", "Beans, onions, potatoes.", "Water twice a week."])
    write("notes.txt", "".join(f"{n:03} Notes on the weather: day {n} was {'wet' if n % 3 else 'dry'}.\n" for n in range(1, 401)).encode())
    write("log.csv", "".join(f"2024-03-{n % 28 + 1:02},{n},{n * n % 97}\n" for n in range(2000)).encode())
    write("deleted.txt", b"This file is deleted on purpose: a tool that reads deleted entries finds it.\n" * 40)
    write("secret.txt", b"Text in an alternate stream.\n")
    write("large.bin", b"".join(struct.pack("<I", n * 2654435761 % 2**32) for n in range(30_000)))


if __name__ == "__main__":
    main(sys.argv[1])
