#!/usr/bin/env bash
# Brings this machine from power-on to "a control plane serves", at each boot. Stages are in lib/, one a file; each looks at what is there and
# does what is missing, so that running twice, or again after a cut at any point, ends the same. Up to the point where a control plane serves
# neither Node nor a network is needed. Nothing that was downloaded is executed here (R-17).
#
# Exit status: 0 a control plane serves; 10-15 by problem code (lib/report.sh); 70 a fault of this script; 75 another run is at it.
# systemd starts it again, later and later, until it ends with 0 (R12).
set -euo pipefail
export LC_ALL=C
umask 022

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# A folder that stands for this machine's root, for tests.
ROOT=${APPLIANCE_ROOT:-}
if [[ -z $ROOT ]]; then
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
fi

# One place for every path (B-72). Stages are other files of this program.
# shellcheck disable=SC2034
{
  NAMESPACE=alga-appliance-control-plane
  NAME=appliance-control-plane
  BAKED=$HERE/boot
  K3S_FILES=$HERE/k3s
  HOST_MANIFESTS=$HERE/manifests
  KEPT=$ROOT/var/lib/appliance
  RUN=$ROOT/run/appliance
  TRUST_FILE=$ROOT/etc/appliance/trust.yaml
  K3S_ETC=$ROOT/etc/rancher/k3s
  POD_NETWORKS=$ROOT/var/lib/cni
  export KUBECONFIG=$K3S_ETC/k3s.yaml
}

for part in base report clock network k3s-config k3s images trust crds control-plane claim identity roll; do
  # shellcheck source=/dev/null
  source "$HERE/lib/$part.sh"
done

STAGES=(clock network k3s-config k3s images trust crds control-plane claim identity roll serving)

main() {
  take_lock
  trap 'ended $? "$BASH_COMMAND"' EXIT
  begin_report
  local stage
  for stage in "${STAGES[@]}"; do
    begin_stage "$stage"
    point "$stage:begin"
    "stage_${stage//-/_}"
    point "$stage:end"
    end_stage
  done
  end_report
}

# The lock is the kernel's: it goes with the process that holds it, whatever becomes of that (B-43, B-44).
take_lock() {
  mkdir -p -- "$RUN" 2>/dev/null || true
  if ! { exec 9>"$RUN/bootstrap.lock"; } 2>/dev/null; then
    # No place for a lock: two runs at once are unlikely and end right, no run at all would not.
    exec 9>/dev/null
    return
  fi
  if ! flock -w "$(patience 900)" 9; then
    printf '{"time":"%s","stage":"start","level":"warn","detail":"another run is still at it"}\n' "$(now_text)"
    exit 75
  fi
}

main "$@"
