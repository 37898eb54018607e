#!/usr/bin/env bash
# Runs the built program the way its users do. Usage: tools/tests/end-to-end.sh [PROGRAM]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=${1:-$here/../../.build/release/foretwin}
exec python3 "$here/end_to_end.py" "$program"
