#!/usr/bin/env bash
# Fixtures of pictures with metadata: drawn by ImageMagick and heif-enc, tagged and read back by exiftool.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/fixtures/picture-metadata
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
convert -size 64x48 gradient:navy-gold -fill white -draw 'circle 20,20 28,20' -strip base.png
convert base.png -resize 16x12 thumb.jpg
for f in full.jpg full.png full.webp full.tif full.psd full.gif full.jp2; do convert base.png -strip "$f"; done
heif-enc -q 40 -o full.heic base.png >/dev/null 2>&1
tags=(-Make=Examplemaker '-Model=Model 7' '-Software=Firmware 1.2' -SerialNumber=X-0012345 -LensModel='Lens 35' -LensSerialNumber=L998877 -OwnerName='A. N. Owner'
  -ImageUniqueID=00112233445566778899aabbccddeeff -Orientation#=6 '-DateTimeOriginal=2024:02:29 12:34:56' -SubSecTimeOriginal=789 -OffsetTimeOriginal=+01:00
  '-CreateDate=2024:02:29 12:34:57' -SubSecTimeDigitized=01 -OffsetTimeDigitized=-05:30 '-ModifyDate=2024:03:01 00:00:01' -OffsetTime=+00:00
  -GPSLatitude=51.5033 -GPSLatitudeRef=N -GPSLongitude=0.1196 -GPSLongitudeRef=W -GPSAltitude=12.5 '-GPSAltitudeRef#=1' -GPSDateStamp=2024:02:29 -GPSTimeStamp=11:34:56
  '-UserComment=drawn by a script' '-XPTitle=Größe')
words=(-XMP-xmp:CreatorTool='Script 3' -XMP-dc:Subject=one -XMP-dc:Subject=two -XMP-dc:Title='A title' -XMP-aux:SerialNumber=XMP-77 -XMP-photoshop:City=Leeds)
press=(-IPTC:By-line='A. Writer' -IPTC:City=Bradford -IPTC:ObjectName='Gradient' -IPTC:CodedCharacterSet=UTF8 '-IPTC:CopyrightNotice=© nobody')
for f in full.jpg full.tif full.psd; do exiftool -q -overwrite_original "${tags[@]}" "${words[@]}" "${press[@]}" "$f"; done
for f in full.png full.webp full.heic full.jp2; do exiftool -q -overwrite_original "${tags[@]}" "${words[@]}" "$f"; done
exiftool -q -overwrite_original "${words[@]}" full.gif
exiftool -q -overwrite_original '-ThumbnailImage<=thumb.jpg' full.jpg
# The same camera and another of the same model; one that does not know its serial, its time or its place.
convert base.png -negate -strip same.jpg; exiftool -q -overwrite_original '-Make=EXAMPLEMAKER ' '-Model=Model  7' -SerialNumber=X-0012345 same.jpg
convert base.png -flop -strip other.jpg; exiftool -q -overwrite_original -Make=Examplemaker '-Model=Model 7' -SerialNumber=X-0099999 other.jpg
convert base.png -flip -strip blank.jpg; exiftool -q -overwrite_original -Make=Examplemaker '-Model=Model 7' -SerialNumber=0000000 '-DateTimeOriginal=0000:00:00 00:00:00' blank.jpg
# Much XMP: too long for one segment.
convert base.png -strip extended.jpg
head -c 90000 /dev/zero | tr '\0' 'x' >long.txt
exiftool -q -overwrite_original '-XMP-dc:Description<=long.txt' -XMP-photoshop:City=Leeds extended.jpg
convert base.png -define png:exclude-chunks=all -set comment 'a comment' -set Software 'Drawing 1' text.png
cp full.* same.jpg other.jpg blank.jpg extended.jpg text.png "$out/"
cd "$out"
files=(blank.jpg extended.jpg full.* other.jpg same.jpg text.png)
exiftool -j -G1 -n -x Description "${files[@]}" -x System:all -x ExifTool:all >exiftool.json
{
  printf 'file\tsha256\torigin\tlicence\texpectation\n'
  for f in "${files[@]}"; do printf '%s\t%s\ttools/make_picture_metadata_fixtures.sh (ImageMagick, heif-enc, exiftool)\tCC0-1.0\texiftool: exiftool.json\n' "$f" "$(sha256sum "$f" | cut -d' ' -f1)"; done
} >MANIFEST.tsv
