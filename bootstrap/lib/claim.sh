# shellcheck shell=bash
# The claim code of a box that has no owner yet. It is made here, on the host, lies in one file of root's and nowhere else: neither on a command
# line nor in the journal; the platform gets what it is checked by (B-58, B-70). Without it the box works and cannot be claimed.

claim_file() { printf '%s' "$KEPT/claim-code"; }

stage_claim() {
  local status=0
  act_as 60 appliance claim-code --take --kubeconfig "$KUBECONFIG" --file "$(claim_file)" || status=$?
  case $status in
  0) say info "$(last_line)" ;;
  127) say info 'no command line here' ;;
  *) warn session.not-claimed "no claim code: $(last_line)" ;;
  esac
}
