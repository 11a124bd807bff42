#!/usr/bin/env bash
# demo.sh: makes input, runs every example on it, and checks all values against NumPy.
# Usage: demo.sh [SPLATS]    (make_data.py says how many there are, and what else shrinks with them)
# WEFT_COMMAND: the weft command (default: the one in PATH). WEFT_BUILD_DIR: its folder demo/ receives
# all files, pictures among them (default: a temporary folder, removed again).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
weft_command=$(realpath "$(command -v "${WEFT_COMMAND:-weft}")")
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

weft() { "$weft_command" "$@"; }
title() { printf '\n== %s\n' "$*"; }
lines() { # file first-line last-line: regular expressions
    sed -n "/$2/,/$3/s/^/  | /p" "$here/$1"
}
run() { # command line, as text: shows it, runs it, and tells how long that took
    local start end
    printf '$ %s\n' "$1"
    start=${EPOCHREALTIME/[.,]/}
    eval "$1"
    end=${EPOCHREALTIME/[.,]/}
    echo "  $(((end - start + 500) / 1000)) ms"
}
check() { "$python" "$here/check.py" . "$1"; } # name
picture() { # array file [cycle]
    "$python" "$here/picture.py" "$@"
    echo "  picture: $work/$2"
}
# Runs an example as the comment at its head says, and checks it.
ran=" "
example() { # name
    run "$(sed -n '/^#   weft run/,/[^\\]$/s/^#   //p' "$here/$1.weft")"
    check "$1"
    ran+="$1.weft "
}

cd "$work"
cp "$here"/*.weft "$here"/*.wfa .
weft --version
"$python" "$here/make_data.py" . "$@"

title "formulas at the command line, on arrays in NumPy's files (times: from start to end of the command)"
run "weft eval '(spot - mean(spot)) / std(spot)' spot=spot.npy"
run "weft eval 'sum(where(spot > strike, spot - strike, 0))' spot=spot.npy strike=strike.npy"
echo "and one that is wrong:"
run "weft eval 'spot + sqt(strike)' spot=spot.npy strike=strike.npy || true" 2>&1

title "black_scholes.weft: the prices of options, and what weft makes of the formula"
lines black_scholes.weft '^spread' '^put'
run "weft compile black_scholes.weft --explain"
example black_scholes

title "mandelbrot.weft: a loop for every point of a grid"
lines mandelbrot.weft '^for' '^}'
example mandelbrot
picture steps.npy mandelbrot.pgm 25

title "panorama.weft: views out of a panorama, across its seam and to its poles"
example panorama
look="weft run -q panorama.weft pano=pano.npy --space 480x640 --set view=1.2"
run "$look --set yaw=0.5 --set pitch=1.5708 -o image=zenith.npy"
check zenith
run "$look --set yaw=3.14159 --set pitch=-1.4 -o image=nadir.npy"
check nadir
picture pano.npy panorama.ppm
picture image.npy view.ppm
picture zenith.npy zenith.ppm

title "splat_*.weft: a cloud of 3D Gaussian splats, moved in one pass, and activated"
lines splat_transform.weft '^shift' '^new_scale'
example splat_transform
example splat_transform_in_place
example splat_activation

title "gaussian_*.weft: covariances inverted, then the field of all Gaussians at every point"
lines gaussian_field.weft '^for' '^}'
example gaussian_inverse
example gaussian_field
example gaussian_field_diagonal

title "softmax.weft: reductions that wait for each other"
lines softmax.weft '^e =' '^y ='
example softmax

title "in assembly: solar.wfa, a year of sunshine at 8 places; gaussian_transform.wfa, splats again"
run "weft asm solar.wfa"
run "weft run solar.wfb latitude=latitude.npy longitude=longitude.npy zone=zone.npy \\
    day=day.npy minute=minute.npy -o energy=energy.npy -o daylight=daylight.npy \\
    -o highest=highest.npy -o peak=peak.npy"
check solar
run "weft run gaussian_transform.wfa mean=mean.npy rotation=rotation.npy scale=scale.npy \\
    affine=affine.npy turn=turn.npy --set size=1.5 -o new_mean=new_mean.npy \\
    -o new_rotation=new_rotation.npy -o new_scale=new_scale.npy -o low=low.npy -o high=high.npy"
check gaussian_transform

for file in "$here"/*.weft; do
    if [[ $ran != *" ${file##*/} "* ]]; then
        echo "demo: ${file##*/} was not run" >&2
        exit 1
    fi
done
title "done"
echo "All of it ran on arrays where they lie, strip by strip, long loops over all CPUs. The texts are"
echo "in examples/, what they are written in in docs/language.md; 'weft help' lists the commands."
