# shellcheck shell=bash
# Definitions of our kinds, each only where there is none: a control plane that ran here may have brought newer ones, which are never lowered.

stage_crds() {
  local file
  for file in "$BAKED"/crds/*.json; do
    [[ -f $file ]] || fail boot.files 'the definitions of our kinds are missing'
    create_missing "$file"
  done
}
