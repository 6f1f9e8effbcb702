# shellcheck shell=bash
# Starts the platform and waits until it answers. A start that takes longer than one try goes on by itself; the next try finds it.

stage_k3s() {
  local state wanted
  wanted="$(cat /proc/sys/kernel/random/boot_id) $(k3s_config_digest)"
  ask 10 systemctl show -p ActiveState --value k3s.service || fail boot.platform 'systemctl gives no answer'
  state=$OUT
  if [[ $state == active || $state == activating || $state == reloading ]]; then
    if [[ $(started_with) == "$wanted" ]]; then
      say info "is $state with these settings"
    else
      act 60 systemctl restart --no-block k3s.service || fail boot.platform "restart: $(last_line)"
      say info 'settings have changed; started again'
    fi
  else
    forget_networks
    act 10 systemctl reset-failed k3s.service || true
    act 60 systemctl start --no-block k3s.service || fail boot.platform "start: $(last_line)"
  fi
  point 'k3s:started'
  remember_start "$wanted"
  wait_for 300 platform_answers || fail boot.platform "no answer yet; k3s.service is $(k3s_state)"
  guard_kubeconfig
}

# Pods of before the power went are gone, and their networks with them. What the network plugins wrote down about them was never synced: of one
# empty file the platform makes nothing, and the pod that it is about is neither ended nor started again, for good. Addresses that were lent to
# such pods would never come back either. Where the platform has run in this boot its pods may still run: nothing is taken from those.
forget_networks() {
  if [[ ! -d $POD_NETWORKS || $(started_with) == "$(cat /proc/sys/kernel/random/boot_id) "* ]]; then return 0; fi
  act 60 find "$POD_NETWORKS" -mindepth 1 -delete || warn boot.files "$(shown "$POD_NETWORKS"): $(last_line)"
  point 'k3s:forgot networks'
}

k3s_state() {
  ask 10 systemctl show -p ActiveState --value k3s.service || OUT=unknown
  printf '%s' "$OUT"
}

platform_answers() {
  [[ -s $KUBECONFIG ]] || return 1
  ask 10 k3s kubectl get --raw /readyz && [[ $OUT == ok ]]
}

# With which settings, in which boot; lost with the machine's memory. Without it k3s is started again once, which costs seconds.
started_with() {
  local text=''
  if [[ -f $RUN/k3s-settings ]]; then IFS= read -r text <"$RUN/k3s-settings" || true; fi
  printf '%s' "$text"
}

remember_start() {
  { mkdir -p -- "$RUN" && printf '%s\n' "$1" >"$RUN/k3s-settings"; } 2>/dev/null || true
}

# It opens everything (predecessor: 0644).
guard_kubeconfig() {
  if [[ $(stat -Lc %a -- "$KUBECONFIG") != 600 ]]; then
    act 10 chmod 600 -- "$KUBECONFIG" || fail boot.files "$(shown "$KUBECONFIG"): $(last_line)"
    say info "$(shown "$KUBECONFIG") is for root alone again"
  fi
}
