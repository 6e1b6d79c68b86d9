#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs each fuzz target for a while and prints a table.
#
#   tools/fuzz.sh BUILD_DIR [TARGET...]
#
# A target is BUILD_DIR/fuzz/fuzz_NAME; its seeds are fuzz/corpus/NAME, its dictionary, if there is
# one, fuzz/NAME.dict, options of its own fuzz/NAME.options. What is found goes to
# BUILD_DIR/corpus/NAME and is used by the next run; what crashes goes to BUILD_DIR/crashes, and belongs into fuzz/corpus/NAME together with the fix.
# FUZZ_SECONDS (60) is the time of each target, FUZZ_JOBS (2) how many run at once. Fails if any
# target crashed, hung, leaked, did not run, or if there is none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=${1:?usage: tools/fuzz.sh BUILD_DIR [TARGET...]}
shift
export build seconds=${FUZZ_SECONDS:-60}
jobs=${FUZZ_JOBS:-2}
# Without this a program walks on after undefined behaviour.
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}

# shellcheck disable=SC2317  # called through xargs
run_one() {
    local name=$1 arguments=() more status=0
    mkdir -p "$build/corpus/$name" "$build/crashes" "$build/fuzz-logs"
    arguments+=("-max_total_time=$seconds" -print_final_stats=1 -timeout=10 -rss_limit_mb=1024
        "-artifact_prefix=$build/crashes/$name-" "$build/corpus/$name")
    [[ -d fuzz/corpus/$name ]] && arguments+=("fuzz/corpus/$name")
    [[ -f fuzz/$name.dict ]] && arguments+=("-dict=fuzz/$name.dict")
    # Conversations are long and few a second: what suits parsers does not suit them.
    [[ -f fuzz/$name.options ]] && read -ra more <"fuzz/$name.options" && arguments+=("${more[@]}")
    "$build/fuzz/fuzz_$name" "${arguments[@]}" >"$build/fuzz-logs/$name.log" 2>&1 || status=$?
    printf '%s\n' "$status" >"$build/fuzz-logs/$name.status"
}
export -f run_one

# A number of libFuzzer's closing lines.
stat_of() {
    sed -n "s/^stat::$2: *//p" "$build/fuzz-logs/$1.log" | tail -n 1
}

verdict_of() {
    case $1 in
    0) echo ok ;;
    70) echo 'TOO SLOW' ;;
    71) echo 'TOO MUCH MEMORY' ;;
    77) echo CRASH ;;
    *) echo "FAILED ($1)" ;;
    esac
}

if (($# == 0)); then
    for target in "$build"/fuzz/fuzz_*; do
        [[ -f $target && -x $target ]] && set -- "$@" "${target##*/fuzz_}"
    done
fi
(($#)) || { echo "fuzz: no target in $build/fuzz" >&2; exit 1; }

for name in "$@"; do
    rm -f "$build/fuzz-logs/$name.status"
done
printf 'Fuzzing %d targets, %s s each, %s at once.\n' $# "$seconds" "$jobs"
# shellcheck disable=SC2016  # expanded by the inner shell
printf '%s\0' "$@" | xargs -0 -n 1 -P "$jobs" bash -c 'run_one "$1"' run_one

failed=0
printf '\n%-20s %12s %10s %8s %8s %8s  %s\n' target runs per-second edges corpus MiB result
for name in "$@"; do
    log=$build/fuzz-logs/$name.log
    status=$(cat "$build/fuzz-logs/$name.status" 2>/dev/null || echo 'not run')
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    corpus=$(sed -n 's/.* corp: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
    printf '%-20s %12s %10s %8s %8s %8s  %s\n' "$name" \
        "$(stat_of "$name" number_of_executed_units)" "$(stat_of "$name" average_exec_per_sec)" \
        "$edges" "$corpus" "$(stat_of "$name" peak_rss_mb)" "$(verdict_of "$status")"
    [[ $status == 0 ]] || failed=1
done
for name in "$@"; do
    [[ $(cat "$build/fuzz-logs/$name.status" 2>/dev/null) == 0 ]] && continue
    printf '\n%s, the end of its log:\n' "$name"
    tail -n 40 "$build/fuzz-logs/$name.log"
done
exit $failed
