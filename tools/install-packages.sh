#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Installs the packages of some groups of packaging/debian-packages.txt, as far as they are missing.
#
#   tools/install-packages.sh [-n] GROUP...     -n: only print what is missing
#
# When nothing is missing it needs neither network nor root. On Debian, Ubuntu and their kin it uses
# apt-get, through sudo when not root. Elsewhere it prints the names and fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly list=packaging/debian-packages.txt

die() {
    printf 'install-packages: %s\n' "$@" >&2
    exit 1
}

# One line per need of the group: its alternatives, apart by blanks.
needs_of() {
    awk -v group="[$1]" '
        { sub(/#.*/, ""); gsub(/\|/, " ") }
        /^\[/ { inside = ($1 == group); found = found || inside; next }
        inside && NF { $1 = $1; print }
        END { exit !found }' "$list" || die "there is no group '$1' in $list"
}

installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# The first alternative of each need that none of its alternatives satisfies.
missing_of() {
    local need package satisfied
    while read -r need; do
        satisfied=
        for package in $need; do
            if installed "$package"; then
                satisfied=1
                break
            fi
        done
        # shellcheck disable=SC2086  # one argument an alternative
        [[ $satisfied ]] || choose $need
    done
}

# Which alternative to install: the first that this release of the distribution has.
choose() {
    local package
    for package in "$@"; do
        if apt-cache show --no-all-versions "$package" >/dev/null 2>&1; then
            printf '%s\n' "$package"
            return
        fi
    done
    printf '%s\n' "$1"
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "these packages are missing, and neither root nor sudo is at hand:" "  ${missing[*]}" \
            "Install them as root:" "  apt-get install ${missing[*]}"
    fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

have_lists() {
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null
}

dry_run=
if [[ ${1-} == -n ]]; then
    dry_run=1
    shift
fi

needs=
for group in "$@"; do
    needs+=$(needs_of "$group")$'\n'
done
needs=$(sort -u <<<"$needs" | sed '/^$/d')
[[ $needs ]] || exit 0

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    names=$(awk '{ print "  " $1 }' <<<"$needs")
    die "this system has no apt, so please install what these Debian packages hold:" "$names" \
        "Then say 'make TARGET PACKAGES=', which leaves this step out."
fi

mapfile -t missing < <(missing_of <<<"$needs")
((${#missing[@]})) || exit 0
if [[ $dry_run ]]; then
    printf '%s\n' "${missing[@]}"
    exit 0
fi

printf 'install-packages: installing %s\n' "${missing[*]}"
updated=
if ! have_lists; then
    apt update || die "apt-get update failed (no network?); still missing: ${missing[*]}"
    updated=1
    # Names could not be told from one another before.
    mapfile -t missing < <(missing_of <<<"$needs")
fi
if apt install -y --no-install-recommends "${missing[@]}"; then
    exit 0
fi
[[ $updated ]] || apt update || die "apt-get update failed; still missing: ${missing[*]}"
apt install -y --no-install-recommends "${missing[@]}" ||
    die "could not install: ${missing[*]}"
