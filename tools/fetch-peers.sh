#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Fetches the programs that the tests want beside ours but that nobody should install for that:
# their packages start services that announce the machine to its network (and wsdd2 wants Samba).
# They are unpacked into a folder, not installed; no root is needed, and nothing is done twice.
#
#     tools/fetch-peers.sh FOLDER
set -euo pipefail

folder=${1:?usage: fetch-peers.sh FOLDER}
packages=(wsdd wsdd2 avahi-daemon libavahi-core7 libavahi-common3 libdaemon0)

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
    echo "fetch-peers: no apt here; tests with other people's programs skip what is missing" >&2
    exit 0
}
mkdir -p "$folder/packages"
folder=$(cd "$folder" && pwd)
for package in "${packages[@]}"; do
    [ -e "$folder/packages/$package.done" ] && continue
    if (cd "$folder/packages" && apt-get -q download "$package" >"$package.log" 2>&1) ||
        { [ "$EUID" = 0 ] && apt-get -q update >/dev/null &&
            (cd "$folder/packages" && apt-get -q download "$package" >"$package.log" 2>&1); }; then
        dpkg-deb -x "$folder/packages/${package}"_*.deb "$folder"
        touch "$folder/packages/$package.done"
    else
        echo "fetch-peers: $package cannot be fetched; its tests will be skipped" >&2
    fi
done
