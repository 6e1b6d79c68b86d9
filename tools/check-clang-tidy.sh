#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs clang-tidy's search for bugs over the library and the programs.
#
#   tools/check-clang-tidy.sh BUILD_DIR         (which holds compile_commands.json)
#
# Exits with 77 (skipped) where clang-tidy is missing, with 1 for any finding. Left out, because
# what they find here is none:
#   easily-swappable-parameters     bytes and size are what C has
#   reserved-identifier             "wsd__" is ours
#   assignment-in-if-condition      the customary form of a chain of calls that may fail
#   narrowing-conversions           the compilers' -Wconversion is the rule
#   macro-parentheses               tables are made of macros whose arguments are no expressions
#   sizeof-expression               takes the size of a pointer in a list of pointers for a slip
#   not-null-terminated-result      bytes of a file or a message are no strings
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=${1:?usage: tools/check-clang-tidy.sh BUILD_DIR}
checks='-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier'
checks+=',-bugprone-assignment-in-if-condition,-bugprone-narrowing-conversions'
checks+=',-bugprone-macro-parentheses,-bugprone-sizeof-expression'
checks+=',-bugprone-not-null-terminated-result'

if ! command -v clang-tidy >/dev/null; then
    echo 'check-clang-tidy: skipped, no clang-tidy here'
    exit 77
fi
[[ -f $build/compile_commands.json ]] ||
    { echo "check-clang-tidy: no $build/compile_commands.json" >&2; exit 1; }

# The files under src/ and apps/, each once: libraries are compiled twice, static and shared.
mapfile -t files < <(python3 - "$build" <<'PYTHON'
import json, os, sys
root = os.getcwd()
found = set()
for entry in json.load(open(os.path.join(sys.argv[1], "compile_commands.json"))):
    path = os.path.relpath(os.path.join(entry["directory"], entry["file"]), root)
    if path.startswith(("src/", "apps/")) and path.endswith(".c"):
        found.add(path)
print("\n".join(sorted(found)))
PYTHON
)
[[ ${files[0]-} ]] || { echo 'check-clang-tidy: no file under src/ or apps/' >&2; exit 1; }

# The commands may be gcc's, so warnings that clang does not know are no finding.
printf '%s\0' "${files[@]}" |
    xargs -0 -n 1 -P "$(nproc 2>/dev/null || echo 2)" \
        clang-tidy --quiet -p "$build" "--checks=$checks" '--warnings-as-errors=bugprone-*' \
        --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-everything 2>/dev/null ||
    { echo 'check-clang-tidy: see above' >&2; exit 1; }
echo "check-clang-tidy: ${#files[@]} files, nothing found"
