# shellcheck shell=bash
# The control plane is asked to follow its channel; where none serves, the same program puts one back that does, or goes on to a newer
# one. Whatever comes of it, this box goes on.

stage_roll() {
  local status=0
  act_as 150 appliance control-plane roll --kubeconfig "$KUBECONFIG" \
    --as "boot/$(node_name)" --baked "$BAKED/control-plane" || status=$?
  case $status in
  0) say info "it is the one that is wanted: $(last_line)" ;;
  3) say info "refused: $(last_line)" ;;
  4) say info "held: $(last_line)" ;;
  5) warn boot.roll "the one before was put back: $(last_line)" ;;
  127) say info 'no command line here' ;;
  *) warn boot.roll "status $status: $(last_line)" ;;
  esac
}
