#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Checks what a reader of the code may rely on; part of the test-suite. Exits with 1 for a finding,
# with 77 (skipped) if there is none but a tool for some of the checks is missing.
#
# Format: .clang-format, by version 14, since other versions lay some lines out differently. All
# other rules: tools/check_style.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

status=0
python3 tools/check_style.py || status=$?

formatter=
for candidate in ${CLANG_FORMAT-} clang-format-14 clang-format; do
    if command -v "$candidate" >/dev/null &&
        [[ $("$candidate" --version) == *'version 14.'* || $candidate == "${CLANG_FORMAT-}" ]]; then
        formatter=$candidate
        break
    fi
done
if [[ ! $formatter ]]; then
    echo 'check-style: the format was not checked, there is no clang-format of version 14'
    ((status)) || status=77
elif ! python3 tools/check_style.py --list-c | xargs -0 -r "$formatter" --dry-run -Werror; then
    echo "check-style: run '$formatter -i' on the files above" >&2
    status=1
fi
exit $status
