#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Makes the Debian packages of the commit that is checked out, and has lintian look at them.
#
#     tools/make-packages.sh FOLDER       what was in FOLDER before is removed
#
# They are built from an export of the commit, so that nothing that lies about here gets in. The
# tests are those of `make check`; with DEB_BUILD_OPTIONS= the build runs the unit tests as well.
set -euo pipefail

folder=${1:?usage: make-packages.sh FOLDER}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export LC_ALL=C.UTF-8
export DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS-nocheck}
profiles=()
[[ $DEB_BUILD_OPTIONS != *nocheck* ]] || profiles=(-Pnocheck)

git rev-parse --verify -q HEAD >/dev/null || {
    echo 'make-packages: this is no clone with git; in the sources of a release: dpkg-buildpackage -b' >&2
    exit 1
}
[[ -z $(git status --porcelain) ]] ||
    echo 'make-packages: what is not committed is not in the packages' >&2

version=$(git show HEAD:debian/changelog | sed -n '1s/.*(\(.*\)).*/\1/p')
upstream=${version%-*}
grep -q "version: '$upstream'" <(git show HEAD:meson.build) || {
    echo "make-packages: debian/changelog says $upstream, and meson.build another version" >&2
    exit 1
}

rm -rf "$folder"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tree=$folder/libwsd-$upstream
git archive --prefix="libwsd-$upstream/" HEAD . ':!debian' | xz >"$folder/libwsd_$upstream.orig.tar.xz"
git archive --prefix="libwsd-$upstream/" HEAD | tar -x -C "$folder"

(cd "$tree" && dpkg-buildpackage --no-sign "${profiles[@]}" >"$folder/build.log" 2>&1) || {
    tail -40 "$folder/build.log" >&2
    echo "make-packages: the build failed; all of it: $folder/build.log" >&2
    exit 1
}
rm -rf "$tree"

root=()
((EUID)) || root=(--allow-root)
lintian "${root[@]}" -EviI --pedantic --fail-on error,warning "$folder"/*.changes \
    >"$folder/lintian.log" || {
    cat "$folder/lintian.log" >&2
    echo 'make-packages: lintian objects' >&2
    exit 1
}
grep -vE '^(N|N: .*)$' "$folder/lintian.log" || echo 'lintian: nothing'
(cd "$folder" && stat -c '%s %n' ./*.deb ./*.dsc ./*.tar.*) |
    awk '{ sub(/\.\//, "", $2); printf "%9.1f kB  %s\n", $1 / 1000, $2 }'
echo "They are in $folder"
