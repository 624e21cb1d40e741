#!/usr/bin/env python3
"""Who has the clusters of deleted files now, as the Sleuth Kit sees it: tsk_owners.py IMAGE > OWNERS.txt

One line for each cluster that a deleted stream names and the file system has in use:
address of the deleted stream | number of the cluster | addresses of the streams in use that have it, with commas between.
"""
import re, subprocess, sys

image = sys.argv[1]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout


live = {line.split("\t")[0].rstrip(":").split()[-1].split("(")[0] for line in run("fls", "-rpu", image).splitlines()}
for line in run("fls", "-rpdF", image).splitlines():
    address = line.split("\t")[0].rstrip(":").split()[-1].split("(")[0]
    if "realloc" in line or address == "0":
        continue
    blocks = [int(b) for text in re.findall(r"^[\d ]+$", run("istat", image, address), re.M) for b in text.split()]
    for block in blocks:
        if "Not Allocated" in run("blkstat", image, str(block)):
            continue
        owners = [a for a in run("ifind", "-a", "-d", str(block), image).split() if a in live or a.split("-")[1:2] not in (["128"], [])]
        print(f"{address}|{block}|{','.join(owners)}")
