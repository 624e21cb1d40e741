#!/usr/bin/env python3
"""Fixtures of known sets: files as other programs write them, and a set file of the first version, written from its description.

The hashes are those of short texts; PDQ hashes are made up by a counter, because no picture is needed to test a list.
"""
import hashlib
import json
import os
import sqlite3
import struct

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "known")


def put(folder, name, data):
    os.makedirs(os.path.join(ROOT, folder), exist_ok=True)
    with open(os.path.join(ROOT, folder, name), "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode("utf-8"))


def hashes(text):
    data = text.encode()
    return [getattr(hashlib, a)(data).hexdigest() for a in ("md5", "sha1", "sha256")]


def pdq(number, flips=()):
    value = int.from_bytes(hashlib.sha256(b"pdq %d" % number).digest(), "big")
    for bit in flips:
        value ^= 1 << bit
    return f"{value:064x}"


def vics2():
    """As a case of VICS 2.0: byte order mark, upper-case hexadecimal, flags as text, media that share a file, category 0 and none."""
    a, b, c, d = (hashes(t) for t in ("alpha", "beta", "gamma", "delta"))
    media = [
        {"MediaID": 1, "Category": 1, "MD5": a[0].upper(), "SHA1": a[1].upper(), "MediaSize": 5, "MimeType": "image/jpeg", "VictimIdentified": "false",
         "IsDistributed": "true", "IsPrecategorized": "true", "PrecategorizationSource": "Unit One", "DateUpdated": "2024-03-05T10:11:12.0000000Z", "Series": "harbour",
         "PhotoDNA": "QUJD" * 48, "AlternativeHashes": [{"HashName": "PDQ", "HashValue": pdq(1)}, {"HashName": "PDQ", "HashValue": pdq(2)}, {"HashName": "SHA256", "HashValue": a[2]}, {"HashName": "TLSH", "HashValue": "T1"}],
         "Exifs": [{"PropertyName": "Make", "PropertyValue": "Acme", "MD5": a[0]}],
         "MediaFiles": [{"MD5": a[0], "FileName": "boat.jpg", "FilePath": "C:\\pictures", "Deleted": "true"}, {"MD5": a[0], "FileName": "copy.jpg", "FilePath": "D:\\"}]},
        {"MediaID": "two", "Category": 0, "MD5": b[0], "MediaSize": "4", "Comments": "a \"quoted\" caf\u00e9 \\ud83d alone", "MediaFiles": []},
        {"MediaID": 3, "Category": "2", "MD5": c[0], "SHA1": None, "Tags": None, "MediaFiles": None},
        {"MediaID": 4, "MD5": d[0], "SHA1": d[1], "Category": None},
        {"MediaID": 5, "Category": 1, "MD5": b[0]},
    ]
    case = {"@odata.context": "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/CUSTOM/$metadata#Cases",
            "value": [{"CaseID": "c-1", "CaseNumber": "1/24", "ContactOrganization": "Unit Two", "ContactName": "-", "SourceApplicationName": "a tool", "TotalMediaFiles": 99,
                       "Media": media, "SeizureDate": None}]}
    text = json.dumps(case, indent=1, ensure_ascii=False).replace("\\\\ud83d", "\\ud83d")
    put("vics", "case-2.0.vics", b"\xef\xbb\xbf" + text.encode())
    put("vics", "media-2.0.vics", json.dumps({"@odata.context": case["@odata.context"].replace("#Cases", "#Media").replace("CUSTOM", "UK"), "value": media[:1]}))


def vics1():
    a = hashes("alpha")
    media = [{"odata.id": "Media(\"%s\")" % a[0], "MediaFiles@odata.navigationLinkUrl": "x", "MediaFiles": [{"MD5": a[0], "FileName": "boat.jpg", "FilePath": "p"}],
              "MediaID": 7, "MD5": a[0], "SHA1": a[1], "Category": 4, "MediaSize": "5", "VictimIdentified": "False"}]
    put("vics", "media-1.3.vics", json.dumps({"odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media", "value": media}))


def lists():
    put("pdq", "bare.pdqlist", "".join(pdq(i) + "\n" for i in range(4)))
    put("pdq", "quality.pdqlist", f"{pdq(1)},100,a.jpg\n{pdq(2)},49,flat.jpg\n{pdq(3)},50,b, c.jpg\n")
    put("pdq", "tagged.pdqlist", f"{pdq(1)},2880742865368386,2020-07-31T18:47:52+0000,one two\n{pdq(2)},99244958314735,00000000000000,2021-05-07T18:07:52+0000,three\n")
    put("pdq", "indicators.pdqlist", "id,indicator,type,creation_time,last_updated,status,tags,apps\n"
        f"11,{pdq(1)},HASH_PDQ,1601513795,1601513796,MALICIOUS,t1 t2,9 8\n12,{hashes('alpha')[0]},HASH_MD5,1601513795,1601513796,NON_MALICIOUS,,9\n")
    items = [{"id": "11", "indicator": pdq(1), "type": "HASH_PDQ", "creation_time": 1601513795, "last_updated": 1601513796, "status": "MALICIOUS", "should_delete": False, "tags": ["t1", "t2"]},
             {"id": "12", "indicator": hashes("alpha")[0], "type": "HASH_MD5", "status": "UNKNOWN", "tags": {"data": [{"id": "1", "text": "t3"}]}},
             {"id": "13", "indicator": pdq(2), "type": "HASH_PDQ"}, {"id": "14", "indicator": "ab" * 72, "type": "HASH_TMK"},
             {"id": "13", "indicator": pdq(2), "type": "HASH_PDQ", "should_delete": True}]
    put("pdq", "indicators.pdqjson", json.dumps({"data": items, "paging": {"cursors": {"after": "x"}}}))
    put("pdq", "lines.pdqjson", "".join(json.dumps({"hash": pdq(i), "signal_type": "pdq", "bank_name": "a bank", "quality": 40 + 10 * i}) + "\n" for i in range(3)))


def tables():
    a, b = hashes("alpha"), hashes("beta")
    put("csv", "pictures.csv", "id,pdq,quality,md5,sha1,category,meaning,label,source,date,status\r\n"
        f"e1,{pdq(1)},90,{a[0]},{a[1]},boats,notable,\"a boat, red\",Unit One,2024-01-02,\r\n"
        f"e1,{pdq(2)},90,,,boats,notable,\"a boat, red\",Unit One,2024-01-02,\r\n"
        f"e2,{pdq(3)},12,{b[0]},,cars,ignorable,,Unit Two,,\r\ne3,{pdq(4)},,,,cars,,,,,withdrawn\r\n")
    put("csv", "plain.csv", f"md5,label\n{a[0]},one\n{b[0]},two\n")
    put("text", "list.md5", f"{a[0]}  a.txt\n{b[1]} *b.bin\nSHA256 (c) = {a[2]}\n")
    head = bytearray(0x480)
    head[:8] = b"HASH\r\n\xff\0"
    head[0x10] = 2
    put("encase", "two.hash", bytes(head) + bytes.fromhex(a[0]) + b"\0\0" + bytes.fromhex(b[0]) + b"\0\0")
    os.makedirs(os.path.join(ROOT, "nsrl"), exist_ok=True)
    path = os.path.join(ROOT, "nsrl", "small.db")
    if os.path.exists(path):
        os.remove(path)
    database = sqlite3.connect(path)
    database.executescript("CREATE TABLE FILE(sha256 VARCHAR, sha1 VARCHAR, md5 VARCHAR, crc32 VARCHAR, file_name VARCHAR, file_size INTEGER, package_id INTEGER);"
                           "CREATE TABLE PKG(package_id INTEGER, name VARCHAR, version VARCHAR);CREATE TABLE VERSION(version VARCHAR, description VARCHAR);"
                           "INSERT INTO PKG VALUES (1, 'Editor', '2'); INSERT INTO VERSION VALUES ('2024.03.1', 'small');")
    database.executemany("INSERT INTO FILE VALUES (?, ?, ?, '0', 'f', 5, 1)", [tuple(h.upper() for h in reversed(x)) for x in (a, b)])
    database.commit()
    database.close()


def first_version():
    """A set file of the first version, as the README of the time described it: two MD5 with a detail each."""
    records = sorted((bytes.fromhex(hashes(t)[0]), i + 1) for i, t in enumerate(("alpha", "beta")))
    body = bytearray(16 << 10)

    def pad():
        body.extend(b"\0" * (-len(body) % 64))

    pad()
    at = len(body)
    for digest, number in records:
        body.extend(digest + struct.pack("<I", number))
    pad()
    md5 = {"count": 2, "offset": at, "bucketBits": 0, "indexOffset": len(body), "inEveryEntry": True}
    body.extend(struct.pack("<II", 0, 2))
    empty = []
    for _ in range(2):
        pad()
        empty.append({"count": 0, "offset": len(body), "bucketBits": 0, "indexOffset": len(body), "inEveryEntry": False})
        body.extend(struct.pack("<II", 0, 0))
    pad()
    table, details = len(body), [b"first", b"second"]
    body.extend(struct.pack("<QQQ", 0, 5, 11))
    text = len(body)
    body.extend(b"".join(details))
    header = json.dumps({"name": "old", "meaning": "notable", "version": "1", "source": "old.md5", "licence": None, "format": "text", "sourceSha256": "0" * 64, "entries": 2,
                         "hasDetails": True, "sections": [md5] + empty, "details": 2, "detailTableOffset": table, "detailTextOffset": text, "bodyLength": len(body)}).encode()
    body[:20] = b"CAIRN-KNOWN-SET1" + struct.pack("<I", len(header))
    body[20:20 + len(header)] = header
    put("set", "old@1.known", bytes(body) + hashlib.sha256(body).digest())


def manifest():
    expectations = {"vics": "hashlib (Python) of short texts; the makers of the JSON fields: tools/make_known_fixtures.py", "set": "written from the description of the first version"}
    for folder in sorted(os.listdir(ROOT)):
        lines = ["file\tsha256\torigin\tlicence\texpectation"]
        for name in sorted(os.listdir(os.path.join(ROOT, folder))):
            if name != "MANIFEST.tsv":
                with open(os.path.join(ROOT, folder, name), "rb") as file:
                    lines.append("\t".join((name, hashlib.sha256(file.read()).hexdigest(), "tools/make_known_fixtures.py", "CC0-1.0", expectations.get(folder, "hashlib (Python)"))))
        put(folder, "MANIFEST.tsv", "\n".join(lines) + "\n")


for make in (vics2, vics1, lists, tables, first_version, manifest):
    make()
