# shellcheck shell=bash
# Rights and identity of the program on this host. Without them the box works and nobody guards it, so this is told and stops nothing.

stage_identity() {
  local file
  for file in "$HOST_MANIFESTS"/*.yaml; do
    [[ -f $file ]] || continue
    apply <"$file" || warn agent.identity "$(basename -- "$file"): $(last_line)"
  done
  if ! command -v appliance-agent >/dev/null; then
    say info 'no host program here'
    return 0
  fi
  act 60 appliance-agent identity || warn agent.identity "$(last_line)"
}
