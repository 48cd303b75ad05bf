# shellcheck shell=bash
# Shared by the scripts: where the checkout is, and what must be installed. Source it; it does nothing but define.

export ROOT
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

say() { printf '\n== %s\n' "$*"; }

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "This needs root: $*"
    fi
}

# Debian packages that are missing are installed; with all of them there nothing is asked of anybody.
need_packages() {
    local package missing=()
    if ! command -v dpkg-query >/dev/null; then return 0; fi
    for package in "$@"; do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" != installed ]; then
            missing+=("$package")
        fi
    done
    if [ ${#missing[@]} -eq 0 ]; then return 0; fi
    say "Installing ${missing[*]}"
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

need_swift() {
    command -v swift >/dev/null || die "Swift 6.2 or newer is missing: https://www.swift.org/install"
}

# What a build needs.
need_build() {
    need_swift
    need_packages libsqlite3-dev libxml2-dev libmaxminddb-dev
}

# What the tests need beyond that. python3-venv is a Debian package of its own; a Python from elsewhere has it inside.
need_tests() {
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then need_packages python3 python3-venv; fi
    if ! command -v curl >/dev/null; then need_packages curl ca-certificates; fi
    # The browser of the end-to-end tests; its driver must be of the same version.
    need_packages chromium chromium-driver
}

# A virtual environment with what a file of requirements asks for; made again when that file changes.
need_venv() {
    local venv="$1" requirements="$2" stamp
    stamp="$(cksum <"$requirements")"
    if [ -x "$venv/bin/python" ] && [ "$(cat "$venv/.requirements" 2>/dev/null || true)" = "$stamp" ]; then return 0; fi
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
    printf '%s\n' "$stamp" >"$venv/.requirements"
}
