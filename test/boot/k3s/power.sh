#!/usr/bin/env bash
# The first process of a machine: takes in who loses its parent. When it is killed the kernel ends everything else, and with it goes what
# lies in memory, as with the power.
set -euo pipefail
mkdir -p "${APPLIANCE_ROOT:?}/run"
mount -t tmpfs -o mode=755 run "$APPLIANCE_ROOT/run"
mount --bind "$APPLIANCE_ROOT/run" /run
: >/run/power
while :; do
  sleep 1 &
  wait -n || true
done
