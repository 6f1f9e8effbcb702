# shellcheck shell=bash
# The images that came with this box, so that a pod starts without any registry (R20). What counts is what the platform has afterwards, by
# digest and complete, not that a command ended well (B-57). `boot/images.list`: FILE SHA256 NAME DIGEST, one image a line.

# What is wrong with images, when something is.
IMAGE_TROUBLE=''

stage_images() {
  local file sum name digest
  [[ -s $BAKED/images.list ]] || image_trouble 'images.list is missing'
  if [[ -s $BAKED/images.list ]]; then
    wait_for 60 store_answers || fail boot.platform 'the image store of the platform gives no answer'
    while read -r file sum name digest; do
      if [[ -z $digest || $file == '#'* ]]; then continue; fi
      has_image "$name" "$digest" || import_image "$file" "$sum" "$name" "$digest" || true
    done <"$BAKED/images.list"
  fi
  if [[ -z $IMAGE_TROUBLE ]]; then return 0; fi
  # Where a control plane was made before, another image than the baked one may well do.
  if has_deployment; then
    warn boot.images "$IMAGE_TROUBLE"
  else
    fail boot.images "$IMAGE_TROUBLE"
  fi
}

image_trouble() {
  say warn "$1"
  IMAGE_TROUBLE=${IMAGE_TROUBLE:-$1}
}

# Not by its version: that reads a file which the store writes once without syncing it, and which is empty for good after a cut of power.
store_answers() { ask 10 k3s ctr images list -q; }

# Digest and state of an image in the store, nothing when it is not there. Columns of `images check`: REF TYPE DIGEST STATUS SIZE UNPACKED;
# it fails when a part is missing that it has to read itself.
image_state() {
  local ref type digest state rest answer=whole
  ask 60 k3s ctr images check "name==$1" || answer=damaged
  while read -r ref type digest state rest; do
    : "$type" "$rest"
    if [[ $ref == "$1" ]]; then
      if [[ $answer == damaged ]]; then state=damaged; fi
      printf '%s %s' "$digest" "$state"
    fi
  done <<<"$OUT"
}

# Complete for the store is not whole on the disk: it unpacks without syncing, and after a cut of power it takes files for whole that are empty.
# What was on the disk once has a mark of ours.
has_image() { [[ -e $(image_mark "$2") && $(image_state "$1") == "$2 complete" ]]; }

image_mark() { printf '%s' "$KEPT/images/${1#sha256:}"; }

# Gone from the disk before anything is brought that it would speak for.
unmark_image() {
  local mark
  mark=$(image_mark "$1")
  if [[ -e $mark ]]; then { rm -f -- "$mark" && sync -- "${mark%/*}"; } 2>/dev/null || true; fi
}

# Without the mark the next boot imports again, no more.
mark_image() {
  local mark
  mark=$(image_mark "$1")
  act 300 sync || return 0
  { mkdir -p -- "${mark%/*}" && : >"$mark" && sync -- "$mark" "${mark%/*}"; } 2>/dev/null ||
    warn boot.files "$(shown "$mark") cannot be written"
}

import_image() {
  local file=$BAKED/images/$1 sum=$2 name=$3 digest=$4
  if [[ ! -f $file ]]; then
    image_trouble "$1 is missing"
    return 1
  fi
  act 300 sha256sum -- "$file" || OUT=unreadable
  if [[ ${OUT%% *} != "$sum" ]]; then
    image_trouble "$1 is damaged"
    return 1
  fi
  unmark_image "$digest"
  # Parts that the store believes to have are not written again: what is there by halves has to go first.
  if [[ -n $(image_state "$name") ]]; then act 60 k3s ctr images rm --sync "$name" || true; fi
  point "images:before $1"
  if ! act 600 k3s ctr images import "$file"; then
    image_trouble "$1 cannot be imported: $(last_line)"
    return 1
  fi
  point "images:imported $1"
  if [[ $(image_state "$name") != "$digest complete" ]]; then
    image_trouble "$1 has not brought $name as $digest but $(image_state "$name")"
    return 1
  fi
  mark_image "$digest"
  say info "imported $name"
}
