#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Builds the Debian packages of the commit that is checked out twice, under circumstances that differ,
# and compares them bit by bit.
#
#     tools/check-reproducible.sh FOLDER       what was in FOLDER before is removed
#
# What differs: the path and its length, the clock (by faketime), the time zone, the language, the
# umask, home, user and host name, how many compilers run at once and so in which order they end.
set -euo pipefail

folder=${1:?usage: check-reproducible.sh FOLDER}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rm -rf "$folder"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
commit=$(git rev-parse HEAD)

# Turkish, whose i has no dot, where it can be had.
language=C
if localedef -i tr_TR -f UTF-8 "$folder/tr_TR.UTF-8" 2>"$folder/localedef.log"; then
    language=tr_TR.UTF-8
fi

# build NAME TREE UMASK COMMAND...: the packages of the commit, into FOLDER/NAME
build() {
    local name=$1 tree=$folder/$1/$2 mask=$3
    shift 3
    mkdir -p "$tree"
    git archive "$commit" | tar -x -C "$tree"
    echo "check-reproducible: building $name in $tree"
    (umask "$mask" && cd "$tree" && env CCACHE_DISABLE=1 LOCPATH="$folder" "$@" \
        dpkg-buildpackage --no-sign -b -Pnocheck >"$folder/$name.log" 2>&1) || {
        tail -30 "$folder/$name.log" >&2
        echo "check-reproducible: the build failed; all of it: $folder/$name.log" >&2
        exit 1
    }
    find "$folder/$name" -mindepth 2 -name '*.deb' -exec mv -t "$folder/$name" {} +
}

renamed=()
! unshare --uts true 2>/dev/null ||
    renamed=(unshare --uts sh -c "hostname other && exec \"\$@\"" sh)
build one libwsd 022 env TZ=UTC LC_ALL=C.UTF-8 HOME=/nonexistent/one USER=one \
    "DEB_BUILD_OPTIONS=nocheck parallel=$(nproc)"
build two some/other/place/of/another/length/libwsd-again 002 env TZ=Pacific/Kiritimati \
    LC_ALL="$language" HOME=/nonexistent/two USER=two "DEB_BUILD_OPTIONS=nocheck parallel=$(($(nproc) + 1))" \
    "${renamed[@]}" faketime -f '+400d'

differ=0
for package in "$folder"/one/*.deb; do
    name=$(basename "$package")
    if cmp -s "$package" "$folder/two/$name"; then
        printf 'same    %s  %s\n' "$(sha256sum "$package" | cut -c 1-16)" "$name"
        continue
    fi
    differ=$((differ + 1))
    printf 'DIFFERS %s\n' "$name"
    for side in one two; do
        rm -rf "$folder/$side/look" && dpkg-deb -R "$folder/$side/$name" "$folder/$side/look"
    done
    diff -rq "$folder/one/look" "$folder/two/look" || true
done
if ((differ)); then
    echo "check-reproducible: $differ packages differ" >&2
    exit 1
fi
echo "check-reproducible: all packages are the same (language of the second: $language)"
