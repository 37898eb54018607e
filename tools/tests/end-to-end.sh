#!/usr/bin/env bash
# Runs the built program the way its users do. Usage: tools/tests/end-to-end.sh [PROGRAM [NAME…]]
# A name is that of a theme (a file in end_to_end/), of a class or of a test in it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=${1:-$here/../../.build/release/foretwin}
export PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}"
exec python3 -m end_to_end "$program" "${@:2}"
