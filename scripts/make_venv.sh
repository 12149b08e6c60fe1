#!/bin/sh
# Builds .venv, or brings it to the versions of constraints.txt. pip reads the user's own configuration as always.
# Usage: make_venv.sh run|test. PYTHON names the interpreter to use.
set -eu

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3 python}; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    found=$("${PYTHON:-python3}" --version 2>&1 || true)
    echo "xoptweb needs Python 3.11 or newer; found: ${found:-none}." >&2
    echo "Install it, or name it: make PYTHON=/path/to/python3.11 ..." >&2
    exit 1
}

case "$1" in
    run) what=".[postgres]" ;;
    test) what=".[postgres,test,lint]" ;;
    *) echo "usage: make_venv.sh run|test" >&2; exit 2 ;;
esac

if ! fits .venv/bin/python; then
    python=$(find_python)
    if ! "$python" -m venv --clear .venv; then
        echo "$python can't make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    fi
fi
rm -f .venv/.installed-*
echo "Installing into .venv; the first time this takes some minutes ..."
.venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e "$what"
