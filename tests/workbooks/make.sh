#!/bin/sh
# Makes the fixtures beside it: the workbooks of examples/messy_workbooks.rs, saved by LibreOffice as
# .xls and .ods, and one that is locked with a password (by msoffcrypto-tool, where it is there).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cargo run --quiet --example messy_workbooks "$work"
for form in xls ods; do
    soffice "-env:UserInstallation=file://$work/office" --headless --convert-to "$form" \
        --outdir "$here" "$work"/*.xlsx
done
if python3 -c 'import msoffcrypto' 2>/dev/null; then
    python3 -m msoffcrypto -e -p secret "$work/titles.xlsx" "$here/locked.xlsx"
fi
rm -r "$work"
