#!/usr/bin/env bash
# Installs what only the tests need: real servers and clients from Debian, and Python peers in target/test-venv.
# Nothing happens when all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

programs=(nginx haproxy wrk h2load ab curl taskset kill chromedriver)
packages=(nginx haproxy wrk nghttp2-client apache2-utils curl util-linux procps python3-venv chromium chromium-driver)
venv="${CARGO_TARGET_DIR:-target}/test-venv"
peers=(requests==2.34.2 websockets==17.4 gunicorn==27.0.1 scikit-learn==1.9.1)

missing() {
    local program
    for program in "${programs[@]}"; do
        command -v "$program" >/dev/null || PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || return 0
    done
    return 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

if missing || ! python3 -c 'import ensurepip' 2>/dev/null; then
    # Servers that were there before keep running; new ones are not started: the tests start their own.
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${packages[@]}"
fi

stamp="$venv/.peers"
if [ "$(cat "$stamp" 2>/dev/null)" != "${peers[*]}" ]; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "${peers[@]}"
    echo "${peers[*]}" >"$stamp"
fi
