# shellcheck shell=bash
# The keys of this box, where the control plane reads them. It may have learnt newer ones from the vendor: those are not taken back.

stage_trust() {
  local there
  create_missing "$BAKED/control-plane/00-namespace.json"
  kube get configmap appliance-trust -n "$NAMESPACE" --ignore-not-found -o 'jsonpath={.data.trust\.yaml}' ||
    fail boot.platform 'the platform does not say which keys it has'
  there=$OUT
  if [[ ! -s $TRUST_FILE ]]; then
    [[ -n $there ]] || fail boot.files "$(shown "$TRUST_FILE") is missing"
    warn boot.files "$(shown "$TRUST_FILE") is missing; the platform keeps what it has"
    return 0
  fi
  if [[ $there == "$(cat -- "$TRUST_FILE")" ]]; then return 0; fi
  if (($(trust_version <<<"$there") > $(trust_version <"$TRUST_FILE"))); then
    say info 'the platform has newer keys than this box came with'
    return 0
  fi
  change create configmap appliance-trust -n "$NAMESPACE" --from-file="trust.yaml=$TRUST_FILE" --dry-run=client -o json ||
    fail boot.files "$(shown "$TRUST_FILE"): $(last_line)"
  apply <<<"$OUT" || fail boot.platform "appliance-trust: $(last_line)"
  point 'trust:wrote'
}

# Objects that are ours on this host: taken back from whoever changed them.
apply() { change apply --server-side --force-conflicts --field-manager=appliance-boot -f -; }

trust_version() {
  local version
  version=$(sed -n 's/^version:[[:space:]]*\([0-9]\{1,9\}\)[[:space:]]*$/\1/p' | head -n 1)
  printf '%s' "${version:-0}"
}

# create_missing FILE: the one object in it, when there is none. One that is there stays as it is, whoever made it (B-53).
create_missing() {
  kube get -f "$1" --ignore-not-found -o name || fail boot.platform "$(basename -- "$1"): the platform gives no answer"
  if [[ -n $OUT ]]; then return 0; fi
  if ! change create -f "$1"; then
    # Somebody else may have been quicker.
    if [[ $OUT == *AlreadyExists* ]]; then return 0; fi
    fail boot.platform "$(basename -- "$1"): $(last_line)"
  fi
  point "$CURRENT:created $(basename -- "$1")"
}
