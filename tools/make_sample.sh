#!/usr/bin/env bash
# Makes samples/cairn-sample.E01, its known set and their manifest with independent tools only.
# As root, with Debian's ntfs-3g dosfstools mtools e2fsprogs sleuthkit ewf-tools parted. usage: tools/make_sample.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/var/tmp}/cairn-sample.XXXXXX")
loop=
finish() {
  mountpoint -q "$work/mount" 2>/dev/null && umount "$work/mount"
  [ -z "$loop" ] || losetup -d "$loop" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
export TZ=UTC LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1709283600
mkdir -p "$work/mount" "$work/files"
python3 "$root/tools/draw_sample_files.py" "$work/files"
files=$work/files
old=202403010900

# --- NTFS, 24 MiB: hard link, alternate streams, non-Latin names, a compressed file, deleted files
truncate -s 24M "$work/ntfs.img"
mkntfs -q -F -T -C -c 4096 -s 512 -p 2048 -L "Sample NTFS" "$work/ntfs.img"
ntfs-3g -o streams_interface=windows,compression "$work/ntfs.img" "$work/mount"
(
  cd "$work/mount"
  mkdir -p "Users/sam/Documents" "Users/sam/Pictures" "Users/sam/Рисунки" "packed"
  cp "$files/notes.txt" "$files/letter.pdf" "$files/plan.docx" Users/sam/Documents/
  cp "$files/hills.png" "$files/boat.png" "$files/tiles.bmp" Users/sam/Pictures/
  cp "$files/house.png" "Users/sam/Рисунки/дом.png"
  cp "$files/notes.txt" "Users/sam/Documents/日記.txt"
  cp "$files/boat.png" "Users/sam/Documents/invoice.pdf"
  ln Users/sam/Documents/letter.pdf Users/sam/letter-again.pdf
  cat "$files/secret.txt" >"Users/sam/Documents/notes.txt:hidden"
  printf '[ZoneTransfer]\r\nZoneId=3\r\n' >"Users/sam/Documents/letter.pdf:Zone.Identifier"
  setfattr -h -v 0x00080000 -n system.ntfs_attrib packed 2>/dev/null || true
  cp "$files/log.csv" packed/log.csv
  cp "$files/deleted.txt" Users/sam/Documents/deleted.txt
  cp "$files/house.png" Users/sam/Pictures/deleted-house.png
  find . -exec touch -h -t "$old" {} + 2>/dev/null || true
  sync
  rm Users/sam/Documents/deleted.txt Users/sam/Pictures/deleted-house.png
)
umount "$work/mount"

# --- FAT32, 34 MiB: long and non-Latin names, deleted files, a file in pieces
truncate -s 34M "$work/fat.img"
mkfs.vfat -F 32 -s 1 -S 512 -i CA12A001 -n SAMPLEFAT --invariant "$work/fat.img" >/dev/null
export MTOOLS_SKIP_CHECK=1
mmd -i "$work/fat.img" ::DCIM ::DCIM/100CAIRN "::A folder with a long name"
mcopy -m -i "$work/fat.img" "$files/hills.png" ::DCIM/100CAIRN/IMG_0001.PNG
mcopy -m -i "$work/fat.img" "$files/tiles.bmp" ::DCIM/100CAIRN/IMG_0002.BMP
mcopy -m -i "$work/fat.img" "$files/house.png" ::DCIM/100CAIRN/IMG_0003.PNG
mcopy -m -i "$work/fat.img" "$files/notes.txt" "::A folder with a long name/Notes on the weather.txt"
mcopy -m -i "$work/fat.img" "$files/letter.pdf" "::A folder with a long name/письмо.pdf"
mdel -i "$work/fat.img" ::DCIM/100CAIRN/IMG_0002.BMP
mcopy -m -i "$work/fat.img" "$files/large.bin" ::LARGE.BIN
mcopy -m -i "$work/fat.img" "$files/deleted.txt" ::GONE.TXT
mdel -i "$work/fat.img" ::GONE.TXT

# --- ext4, 16 MiB: symbolic and hard links, extended attributes, deleted files
truncate -s 16M "$work/ext.img"
mke2fs -q -t ext4 -b 1024 -I 256 -L sample-ext4 -U ca12ca12-0000-4000-8000-000000000001 -E hash_seed=ca12ca12-0000-4000-8000-000000000002,lazy_itable_init=0,root_owner=0:0 -O ^metadata_csum,uninit_bg "$work/ext.img"
loop=$(losetup -f --show "$work/ext.img")
mount -t ext4 -o noatime,user_xattr "$loop" "$work/mount"
(
  cd "$work/mount"
  mkdir -p home/robin/mail var/log
  cp "$files/letter.pdf" "$files/notes.txt" home/robin/
  cp "$files/boat.png" "home/robin/صورة.png"
  ln home/robin/notes.txt home/robin/notes-again.txt
  ln -s ../robin/notes.txt home/robin/link-to-notes
  cp "$files/log.csv" var/log/log.csv
  setfattr -n user.comment -v "drawn for the sample" home/robin/letter.pdf
  cp "$files/deleted.txt" home/robin/mail/deleted.txt
  find . -exec touch -h -t "$old" {} +
  sync
  rm home/robin/mail/deleted.txt
)
umount "$work/mount"
losetup -d "$loop"
loop=

# --- One disk with a GPT: NTFS at sector 2048, FAT32 and ext4 after it, a gap before the end
truncate -s 80M "$work/disk.raw"
parted -s "$work/disk.raw" mklabel gpt \
  mkpart ntfs ntfs 2048s 51199s mkpart fat fat32 51200s 120831s mkpart linux ext4 122880s 155647s
dd if="$work/ntfs.img" of="$work/disk.raw" bs=512 seek=2048 conv=notrunc,sparse status=none
dd if="$work/fat.img" of="$work/disk.raw" bs=512 seek=51200 conv=notrunc,sparse status=none
dd if="$work/ext.img" of="$work/disk.raw" bs=512 seek=122880 conv=notrunc,sparse status=none

mkdir -p "$root/samples"
rm -f "$root/samples/cairn-sample.E01"
ewfacquire -u -q -c best -f encase6 -d sha1 -C "SAMPLE/1" -E "CAIRN/1" -e "A. Examiner" -D "Drawn sample: NTFS, FAT32, ext4" -N "Made by tools/make_sample.sh" \
  -m fixed -M physical -t "$work/cairn-sample" "$work/disk.raw" >/dev/null
mv "$work/cairn-sample.E01" "$root/samples/cairn-sample.E01"

# --- A known set of the sample's own pictures and letter
(cd "$files" && md5sum house.png letter.pdf tiles.bmp deleted.txt) >"$root/samples/known-sample.md5"

# --- What independent tools say of it
{
  printf 'file\tsha256\torigin\tlicence\texpectation of\n'
  for file in cairn-sample.E01 known-sample.md5; do
    printf '%s\t%s\t%s\t%s\t%s\n' "$file" "$(sha256sum <"$root/samples/$file" | cut -d' ' -f1)" "tools/make_sample.sh" "Apache-2.0 (drawn for this project)" \
      "$([ "$file" = cairn-sample.E01 ] && echo 'md5sum, sha1sum and sha256sum of the raw disk, mmls and fls of the Sleuth Kit: cairn-sample.expected.txt' || echo 'md5sum')"
  done
} >"$root/samples/MANIFEST.tsv"
{
  echo "# Hashes of the raw disk"
  for sum in md5sum sha1sum sha256sum; do printf '%s %s\n' "$sum" "$($sum <"$work/disk.raw" | cut -d' ' -f1)"; done
  echo "# mmls"
  mmls "$work/disk.raw"
  for start in 2048 51200 122880; do
    echo "# fls -r -p -o $start"
    fls -r -p -o "$start" "$work/disk.raw"
  done
} >"$root/samples/cairn-sample.expected.txt"
ls -la "$root/samples"
