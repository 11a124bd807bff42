#!/usr/bin/env bash
# demo.sh: makes input, assembles, verifies and runs two programs, checks them against NumPy.
# Usage: demo.sh [SPLATS]. WEFT_COMMAND: the weft command (default: the one in PATH).
# WEFT_BUILD_DIR: its folder demo/ receives all files (default: a temporary folder, removed again).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
weft=$(realpath "$(command -v "${WEFT_COMMAND:-weft}")")
if [[ -n ${WEFT_BUILD_DIR:-} ]]; then
    work=$WEFT_BUILD_DIR/demo
    mkdir -p "$work"
else
    work=$(mktemp -d "${TMPDIR:-/tmp}/weft-demo.XXXXXX")
    trap 'rm -rf "$work"' EXIT
fi

# Debian's own Python first: it is the one that has Debian's NumPy.
for python in /usr/bin/python3 python3 none; do
    if "$python" -c 'import numpy' 2>/dev/null; then
        break
    fi
done
if [[ $python == none ]]; then
    echo "demo: needs Python 3 with NumPy, to make the input and to check the results" >&2
    exit 1
fi
export PYTHONDONTWRITEBYTECODE=1

title() { printf '\n== %s\n' "$*"; }
show() { # file first-line-to-show count
    awk -v from="$2" -v count="$3" '$0 ~ from { on = 1 } on && n++ < count { print "  | " $0 }' "$1"
}
timed() { # command...
    local start=${EPOCHREALTIME/[.,]/} end
    "$@"
    end=${EPOCHREALTIME/[.,]/}
    echo "  $(((end - start + 500) / 1000)) ms"
}
prepare() { # name
    "$weft" asm "$here/$1.wfa" -o "$work/$1.wfb"
    "$weft" verify "$work/$1.wfb"
}

cd "$work"
"$weft" --version
"$python" "$here/make_data.py" . "$@"

title "examples/solar.wfa: a year of sunshine at 8 places, every 10 minutes"
show "$here/solar.wfa" '^            loop 2' 10
prepare solar
timed "$weft" run solar.wfb latitude=latitude.npy longitude=longitude.npy zone=zone.npy \
    day=day.npy minute=minute.npy -o energy=energy.npy -o daylight=daylight.npy \
    -o highest=highest.npy -o peak=peak.npy
"$python" "$here/check.py" . solar

title "examples/gaussian_transform.wfa: a cloud of 3D Gaussian splats, moved in one pass"
show "$here/gaussian_transform.wfa" '^    loop' 8
prepare gaussian_transform
timed "$weft" run gaussian_transform.wfb mean=mean.npy rotation=rotation.npy scale=scale.npy \
    affine=affine.npy turn=turn.npy --set size=1.5 -o new_mean=new_mean.npy \
    -o new_rotation=new_rotation.npy -o new_scale=new_scale.npy -o low=low.npy -o high=high.npy
"$python" "$here/check.py" . splats

title "done"
echo "Both programs ran on arrays where they lie, strip by strip, long loops over all CPUs."
echo "'weft run --stats' counts them; --threads and --backend choose otherwise."
