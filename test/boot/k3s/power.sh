#!/usr/bin/env bash
# The first process of a machine: takes in who loses its parent. When it is killed the kernel ends everything else, as a power cut does.
set -uo pipefail
while :; do
  sleep 1 &
  wait -n || true
done
