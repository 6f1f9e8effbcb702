# shellcheck shell=bash
# The claim code of a box that has no owner yet. It is made here, on the host, lies in files of root's and nowhere else: neither on a command
# line nor in the journal; the platform gets what it is checked by (B-58, B-70). Without it the box works and cannot be claimed. Whoever stands
# in front of the box reads it above the login prompt, with the box's words, addresses and a code for a phone: agetty(8) shows what lies
# in /run/issue.d. There it is a link, so that nothing has to be cleared away when the card is.

claim_file() { printf '%s' "$KEPT/claim-code"; }

stage_claim() {
  local status=0
  act_as 60 appliance claim-code --take --kubeconfig "$KUBECONFIG" --file "$(claim_file)" || status=$?
  case $status in
  0)
    say info "$(last_line)"
    show_claim
    ;;
  127) say info 'no command line here' ;;
  *) warn session.not-claimed "no claim code: $(last_line)" ;;
  esac
}

# The card is there as long as the code opens the box. A console that cannot show it is no reason to stop.
show_claim() {
  local shown_by=$ROOT/run/issue.d
  act 10 mkdir -p -- "$shown_by" || true
  act 10 ln -sfn -- "$(claim_file).card" "$shown_by/appliance.issue" || say info "the console does not show the claim code: $(last_line)"
}
