# shellcheck shell=bash
# Rights and identity of the program on this host. Without them the box works and nobody guards it, so this is told and stops nothing.

stage_identity() {
  local file status=0
  for file in "$HOST_MANIFESTS"/*.yaml; do
    [[ -f $file ]] || continue
    apply <"$file" || warn agent.identity "$(basename -- "$file"): $(last_line)"
  done
  act_as 60 appliance-agent identity --admin-kubeconfig "$KUBECONFIG" || status=$?
  case $status in
  0) say info "identity $(last_line)" ;;
  127) say info 'no host program here' ;;
  *) warn agent.identity "$(last_line)" ;;
  esac
}
