#!/bin/sh
# Makes the four faces beside this file from Debian's fonts-croscore (Tinos) with fonttools' pyftsubset:
# Latin, Vietnamese, punctuation and the marks of tables, charts and money; no hinting, no layout tables.
# The glyph of a character and its width are those of the whole face.
set -eu
from=${1:-/usr/share/fonts/truetype/croscore}
here=$(dirname "$0")
for face in Regular Bold Italic BoldItalic; do
  SOURCE_DATE_EPOCH=1609459200 pyftsubset "$from/Tinos-$face.ttf" \
    --unicodes='U+0020-007E,U+00A0-017F,U+01A0-01B0,U+01CD-01DC,U+0218-021B,U+0300-0304,U+0306-0309,U+031B,U+0323,U+0328,U+1E00-1EF9,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+2030,U+2032-2033,U+2039-203A,U+20AB-20AC,U+2116,U+2122,U+2190-2193,U+2212,U+2248,U+2260,U+2264-2265,U+25A0-25A1,U+25CF,U+FFFD' \
    --layout-features='' --no-hinting --notdef-outline --name-IDs='0,1,2,3,4,5,6,13,14' \
    --no-recalc-timestamp --output-file="$here/Tinos-$face.ttf"
done
