#!/usr/bin/env bash
# The first process of a machine: takes in who loses its parent. When it is killed the kernel ends everything else, and with it goes what
# lies in memory, as with the power.
set -euo pipefail
mkdir -p "${APPLIANCE_ROOT:?}/run"
mount -t tmpfs -o mode=755 run "$APPLIANCE_ROOT/run"
mount --bind "$APPLIANCE_ROOT/run" /run
# Where network plugins keep what they did, whatever they are told: on the disk of this machine.
mkdir -p "$APPLIANCE_ROOT/var/lib/cni" /var/lib/cni
mount --bind "$APPLIANCE_ROOT/var/lib/cni" /var/lib/cni
# A kubelet sets these for the whole machine: it is shown files that say what it wants to read.
mkdir -p /run/kernel
while read -r name value; do
  printf '%s\n' "$value" >"/run/kernel/${name//\//-}"
  mount --bind "/run/kernel/${name//\//-}" "/proc/sys/$name"
done <<'SETTINGS'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
SETTINGS
: >/run/power
while :; do
  sleep 1 &
  wait -n || true
done
