#!/bin/sh
# Style, types and floors. All are looked at; the exit code is 1 when one does not hold.
set -u
cd "$(dirname "$0")/.." || exit 1
XOPTWEB_HOME=$(mktemp -d)
XOPTWEB_SECRET_KEY=lint
export XOPTWEB_HOME XOPTWEB_SECRET_KEY
trap 'rm -rf "$XOPTWEB_HOME"' EXIT
failed=0

.venv/bin/ruff check --quiet . || failed=1
.venv/bin/ruff format --quiet --check . || failed=1
floors=$(.venv/bin/lint-imports --no-logo 2>&1) || { echo "$floors"; failed=1; }
.venv/bin/mypy || failed=1
exit $failed
