#!/bin/sh
# Tests and measures gstds on this machine, in at most eight minutes.
#
#   ./run.sh [FOLDER]     writes report.md, report.json and each step's output to FOLDER
#                         [default: results], which must not exist
#
# Steps, each with its own time limit: the devices, the kernel tests, the benchmarks with the
# adapter's ceilings, the peers (needs python3 with NumPy; SciPy, PyTorch and CuPy where they are
# installed), and training, untuned and with Burn's autotune. A step that fails or runs out of time
# is recorded, and the next one runs. Both reports are complete after every step.
#
# Exit code: 0 if no step failed (running out of time is no failure), 1 if one did, 2 for wrong
# usage, 3 without a Vulkan adapter.
set -u

here=$(cd "$(dirname "$0")" && pwd) || exit 2
out=${1:-results}
total=${GSTDS_BUNDLE_SECONDS:-470}
case $out in
-*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
if [ -e "$out" ]; then
    echo "error: $out exists; name another folder: $0 FOLDER" >&2
    exit 2
fi
mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 2
started=$(date +%s)
end=$((started + total))
failed=0
child=
adapter=

# What the test programs read lies here; what the program would cache stays here.
export CARGO_MANIFEST_DIR="$here" GSTDS_CACHE="$out/cache"
# wgpu and Mesa look for it and complain where it is missing.
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$out}"

trap 'end=0; [ -n "$child" ] && kill "$child" 2>/dev/null' INT TERM

# step NAME SECONDS COMMAND...: stdout goes to NAME.txt, NAME.md if it is Markdown, and stderr to
# NAME.log.
step() {
    name=$1
    limit=$2
    shift 2
    case $name in
    bench* | peers) kind=md ;;
    *) kind=txt ;;
    esac
    left=$((end - $(date +%s)))
    [ "$limit" -le "$left" ] || limit=$left
    if [ "$limit" -lt 1 ]; then
        record "$name" "left out: no time left" 0
        return
    fi
    printf '%-32s' "$name"
    began=$(date +%s)
    timeout -k 8 "$limit" "$@" >"$out/$name.$kind" 2>"$out/$name.log" </dev/null &
    child=$!
    wait "$child"
    code=$?
    # A signal to this script ends the first wait; what the step wrote last is waited for.
    wait "$child" 2>/dev/null
    child=
    spent=$(($(date +%s) - began))
    case $code in
    0) record "$name" ok "$spent" ;;
    124 | 137) record "$name" "stopped: time limit of $limit s" "$spent" ;;
    *)
        failed=1
        record "$name" "failed: exit code $code" "$spent"
        ;;
    esac
}

# record NAME STATE SECONDS
record() {
    [ "$2" = ok ] || [ -z "${2##left out*}" ] || tail -n 3 "$out/$1.log" >&2
    case $2 in
    "left out"*) printf '%-32s%s\n' "$1" "$2" ;;
    *) echo "$2, $3 s" ;;
    esac
    tests=$(sed -n 's/^test result: [A-Za-z]*\. \([0-9]* passed; [0-9]* failed\).*/\1/p' \
        "$out/$1.txt" 2>/dev/null)
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$tests" >>"$out/steps.tsv"
    report
}

# The text as a JSON string.
string() {
    printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g' | tr -d '\000-\037')"
}

# What the benchmark ran on; before it, the first device.
find_adapter() {
    found=$(sed -n 's/^adapter: //p' "$out"/bench*.md 2>/dev/null | head -n 1)
    [ -n "$found" ] || found=$(sed -n 's/^0: //p' "$out/devices.txt" | head -n 1)
    [ -z "$found" ] || adapter=$found
}

report() {
    find_adapter
    commit=$(cat "$here/COMMIT")
    cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
    cores=$(getconf _NPROCESSORS_ONLN)
    day=$(date -u +%Y-%m-%d)
    {
        printf '{"commit":%s,"date":"%s","adapter":%s,"cpu":%s,"cores":%s,"seconds":%s,"steps":[' \
            "$(string "$commit")" "$day" "$(string "$adapter")" "$(string "$cpu")" "$cores" \
            "$(($(date +%s) - started))"
        comma=
        while IFS='	' read -r name state seconds tests; do
            printf '%s{"step":%s,"result":%s,"seconds":%s,"tests":%s}' "$comma" \
                "$(string "$name")" "$(string "$state")" "$seconds" "$(string "$tests")"
            comma=,
        done <"$out/steps.tsv"
        echo ']}'
    } >"$out/report.json.new" && mv "$out/report.json.new" "$out/report.json"
    {
        printf '# %s\n\n' "${adapter:-No adapter}"
        printf '%s cores of %s; %s; commit %s.\n\n' "$cores" "$cpu" "$day" "$commit"
        printf '| step | result | seconds | tests |\n|---|---|---:|---|\n'
        while IFS='	' read -r name state seconds tests; do
            printf '| %s | %s | %s | %s |\n' "$name" "$state" "$seconds" "$tests"
        done <"$out/steps.tsv"
        section 'Failed tests' "$(sed -n 's/^test \(.*\) \.\.\. FAILED$/- \1/p' \
            "$out"/test-*.txt 2>/dev/null)"
        for file in "$out"/bench*.md "$out"/example-*.txt "$out"/peers.md; do
            title=$(basename "$file")
            [ -s "$file" ] && section "${title%.*}" "$(cat "$file")"
        done
        section Training "$(training)"
    } >"$out/report.md.new" && mv "$out/report.md.new" "$out/report.md"
}

# section TITLE TEXT, unless there is none.
section() {
    [ -z "$2" ] || printf '\n## %s\n\n%s\n' "$1" "$2"
}

# A line for every run that has a summary; one that was stopped has trained fewer steps.
training() {
    rows=
    for summary in "$out"/train-*/summary.json; do
        [ -f "$summary" ] || continue
        rows="$rows| $(basename "$(dirname "$summary")") "
        for key in learner steps samples_kept test_accuracy; do
            rows="$rows| $(value "$key" <"$summary") "
        done
        for key in first_step training selection total; do
            rows="$rows| $(sed -n '/^  "seconds"/,/}/p' "$summary" | value "$key") "
        done
        rows="$rows|
"
    done
    [ -n "$rows" ] || return 0
    printf '| run | learner | steps | rows trained on | test accuracy | s to the first step '
    printf '| s training | s selection | s in all |\n|---|---|---:|---:|---:|---:|---:|---:|---:|\n'
    printf '%s' "$rows"
}

# value KEY: the first one in lines of a summary.json.
value() {
    sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" | head -n 1
}

# Whether the last look at the devices found a usable one that is no software adapter.
has_gpu() {
    grep -o '"type":"[^"]*","usable":true' "$out/devices.json" 2>/dev/null | grep -qv software
}

has_adapter() {
    grep -q '"usable":true' "$out/devices.json"
}

# Looks at the devices, with a loader of ours where nothing is found, and with NVIDIA's driver
# where its libraries are here and the manifest is not where the loader looks, as in containers.
devices() {
    look && has_gpu && return
    if [ -e "$here/lib/libvulkan.so.1" ] && ! has_adapter; then
        echo "No adapter found so far; using the Vulkan loader of this bundle"
        export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
        look && has_gpu && return
    fi
    [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] || return
    for folder in /usr/lib /usr/lib64 /usr/lib/x86_64-linux-gnu /usr/lib/aarch64-linux-gnu \
        /usr/local/nvidia/lib64 /usr/local/nvidia/lib; do
        [ -e "$folder/libGLX_nvidia.so.0" ] || continue
        printf '%s%s\n' '{"file_format_version":"1.0.0","ICD":{"api_version":"1.3.0",' \
            "\"library_path\":\"$folder/libGLX_nvidia.so.0\"}}" >"$out/nvidia_icd.json"
        break
    done
    for manifest in /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json "$out/nvidia_icd.json"; do
        [ -f "$manifest" ] || continue
        export VK_DRIVER_FILES="$manifest"
        if look && has_gpu; then
            echo "No manifest of NVIDIA's driver where the loader looks; using $manifest"
            return
        fi
        unset VK_DRIVER_FILES
    done
    look
}

look() {
    timeout -k 3 20 "$here/gstds" devices --json >"$out/devices.json" 2>"$out/devices.log"
}

no_adapter() {
    cat "$out/devices.log" >&2
    cat >&2 <<'TEXT'
No Vulkan adapter found, so nothing was run.
Vulkan needs a loader (libvulkan.so.1) and a driver with its manifest. For NVIDIA that is
libGLX_nvidia.so.0, in containers only with NVIDIA_DRIVER_CAPABILITIES=all or graphics, and
nvidia_icd.json; where the manifest lies elsewhere than /usr/share/vulkan/icd.d or
/etc/vulkan/icd.d, set VK_DRIVER_FILES to its path. Without a GPU: Mesa's llvmpipe
(Debian: mesa-vulkan-drivers).
TEXT
    exit 3
}

"$here/gstds" --version >/dev/null || {
    echo "error: the program does not start here ($(uname -sm)); built for $(cat "$here/TARGET")" >&2
    exit 1
}
devices
has_adapter || no_adapter
step devices 15 "$here/gstds" devices

# The kernel tests, together in 130 s; last those of accuracy, most of whose time is float64 on the
# CPU.
whole=$end
end=$((started + 130 < whole ? started + 130 : whole))
for program in "$here"/tests/[!a]* "$here"/tests/a*; do
    [ -x "$program" ] && step "test-$(basename "$program")" 60 "$program"
done
[ "$end" -eq 0 ] || end=$whole

bench() {
    name=bench$1
    limit=$2
    shift 2
    step "$name" "$limit" "$here/gstds" bench --markdown --json-file "$out/$name.json" "$@"
}
bench "" 45 --rows 128,256,512,1024,2048,4096 --features 512 --rounds 7
bench -dense 30 --rows 1024,2048,4096 --features 512 --path dense --rounds 3
bench -pool 30 --rows 16384,65536 --features 512 --rounds 3
step example-many 20 "$here/examples/many"
step example-pool 20 "$here/examples/pool"

if python3 -c 'import numpy' 2>/dev/null; then
    step peers 60 python3 "$here/benches/peers/peers.py" --gstds "$here/gstds" --rounds 5
else
    record peers "left out: no python3 with NumPy" 0
fi

train() {
    step "train-$2$1" "$3" "$here/gstds$1" train --quiet --method "$2" --epochs 6 --seed 0 \
        --out "$out/train-$2$1"
}
train "" gstds 50
train "" random 50
if [ -e "$here/gstds-autotune" ]; then
    train -autotune gstds 60
    train -autotune random 60
else
    record train-gstds-autotune "left out: unpack gstds-bundle-autotune.tar.xz here too" 0
fi

rm -rf "$out/cache"
echo "The report is $out/report.md"
exit "$failed"
