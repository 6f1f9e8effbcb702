# shellcheck shell=bash
# The platform's settings are files of ours beside whatever else is there; no unit and no file of others is edited.

stage_k3s_config() {
  local file
  make_folder "$K3S_ETC" 755
  make_folder "$K3S_ETC/config.yaml.d" 755
  for file in "$K3S_FILES"/config.yaml.d/*.yaml; do
    put_file "$file" "$K3S_ETC/config.yaml.d/$(basename -- "$file")" 600 || true
  done
  put_file "$K3S_FILES/audit-policy.yaml" "$K3S_ETC/audit-policy.yaml" 600 || true
  # Mirrors, certificates and credentials of registries belong to the agent once it runs.
  if [[ ! -s $K3S_ETC/registries.yaml ]]; then
    put_file "$K3S_FILES/registries.yaml" "$K3S_ETC/registries.yaml" 600 || true
  fi
  drop_former_settings
  keep_node_name
}

# Settings that an earlier version of ours brought and this one does not.
drop_former_settings() {
  local file
  for file in "$K3S_ETC"/config.yaml.d/*-appliance*.yaml; do
    if [[ ! -e $file || -e $K3S_FILES/config.yaml.d/$(basename -- "$file") ]]; then continue; fi
    if [[ $file == "$(node_name_file)" ]]; then continue; fi
    try_file "$file" rm -f -- "$file"
  done
}

node_name_file() { printf '%s' "$K3S_ETC/config.yaml.d/20-appliance-node.yaml"; }

# The node keeps the name of its first start: under a new one it would be another node, and everything on it lost.
keep_node_name() {
  local file name text=''
  file=$(node_name_file)
  if [[ -f $file ]]; then IFS= read -r text <"$file" || true; fi
  if [[ $text =~ ^node-name:\ [a-z0-9]([-a-z0-9.]*[a-z0-9])?$ ]]; then return 0; fi
  name=$(uname -n)
  name=${name,,}
  name=${name//[^-a-z0-9.]/-}
  name=${name#"${name%%[a-z0-9]*}"}
  name=${name%"${name##*[a-z0-9]}"}
  make_folder "$RUN" 755
  printf 'node-name: %s\n' "${name:-appliance}" >"$RUN/node.yaml" || fail boot.files "$(shown "$RUN/node.yaml")"
  put_file "$RUN/node.yaml" "$file" 600 || true
  rm -f -- "$RUN/node.yaml"
}

node_name() { sed -n 's/^node-name: //p' "$(node_name_file)"; }

# What the platform reads at its start, as one word.
k3s_config_digest() {
  local file
  for file in "$K3S_ETC"/config.yaml "$K3S_ETC"/config.yaml.d/*.yaml "$K3S_ETC/audit-policy.yaml" "$K3S_ETC/registries.yaml"; do
    if [[ -f $file ]]; then
      printf '%s\n' "${file##*/}"
      cat -- "$file"
    fi
  done | sha256sum | cut -d ' ' -f 1
}
