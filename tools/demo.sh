#!/bin/sh
# SPDX-License-Identifier: MIT
# Shows it all on this machine alone: a scanner made of software, found by a real multicast search,
# scanned on both sides of two sheets. Leaves four pages and a PDF in demo/. Called by `make demo`;
# needs no root and no network. Where it may, it runs in a network namespace of its own, else on the
# loopback interface; nothing leaves the machine either way.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD_DIR:-$root/build/release}
wsd=$build/apps/wsd/wsd
out=$root/demo

if [ "${WSD_DEMO_INSIDE:-}" = "" ] && command -v ip >/dev/null && unshare -rn true 2>/dev/null; then
    WSD_DEMO_INSIDE=1 exec unshare -rn sh -c '
        ip link set lo up && ip link set lo multicast on && ip route add 224.0.0.0/4 dev lo
        exec sh "$0"' "$0"
fi
if [ ! -x "$wsd" ]; then
    echo "demo: $wsd is missing; build it first (make)" >&2
    exit 1
fi

mkdir -p "$out"
rm -f "$out"/page-[1-4].jpg "$out"/scan.pdf
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || :; wait "$server" 2>/dev/null || :; rm -rf "$work"' EXIT
net="--loopback --interface lo"
export WSD_CACHE_PATH="$work/devices.sqlite" XDG_STATE_HOME="$work"

run() {
    printf '\n$ wsd %s\n' "$*"
    "$wsd" "$@"
}

# The pipe gives the ready line; nothing has to be waited for by the clock.
mkfifo "$work/ready"
# shellcheck disable=SC2086
"$wsd" serve $net --ipv4 --quiet --port 0 --name "Demo Scanner" >"$work/ready" &
server=$!
while read -r line; do
    [ "$line" = ready ] && break
    printf 'A scanner made of software: %s\n' "$line"
done <"$work/ready"

# shellcheck disable=SC2086
{
    run list $net --expect 1
    run info $net "Demo Scanner"
    run caps $net "Demo Scanner"
    run validate $net "Demo Scanner" --source duplex --mode color --resolution 300 --area a4
    run scan $net "Demo Scanner" --source duplex --mode color --resolution 300 --area a4 --pages 4 \
        -o "$out/page-{page}.jpg"
    run scan $net "Demo Scanner" --source duplex --mode color --resolution 300 --area a4 --pages 4 \
        -o "$out/scan.pdf"
}
printf '\nBoth sides of two sheets are in %s:\n' "$out"
ls -l "$out"/page-[1-4].jpg "$out"/scan.pdf
