# shellcheck shell=bash
# Files, bounded commands and waits: what every stage uses.

# What the last `ask` or `act` printed.
OUT=''

now_text() { date -u +%Y-%m-%dT%H:%M:%SZ; }

# Milliseconds since power-on: the clock itself may jump while we run.
uptime_ms() {
  local up rest
  read -r up rest </proc/uptime
  : "$rest"
  printf '%s0' "${up/./}"
}

# Seconds of a wait. Tests may shorten waits, in a root of their own only.
patience() {
  if [[ -n $ROOT && ${APPLIANCE_TEST_PATIENCE:-} =~ ^[0-9]+$ && $1 -gt $APPLIANCE_TEST_PATIENCE ]]; then
    printf '%s' "$APPLIANCE_TEST_PATIENCE"
  else
    printf '%s' "$1"
  fi
}

# A moment at which power may go: tests cut it here, in a root of their own only.
point() {
  [[ -n $ROOT ]] || return 0
  if [[ -n ${APPLIANCE_TEST_POINTS:-} ]]; then printf '%s\n' "$1" >>"$APPLIANCE_TEST_POINTS"; fi
  if [[ ${APPLIANCE_TEST_STOP_AT:-} == "$1" ]]; then kill -KILL $$; fi
}

# ask SECONDS COMMAND...: what it says on stdout is in OUT. Descriptor 9 is the lock and stays here.
ask() {
  local seconds=$1 status=0
  shift
  OUT=$(timeout --kill-after=5 "$seconds" "$@" 2>/dev/null 9>&-) || status=$?
  return "$status"
}

# act SECONDS COMMAND...: as `ask`, with stderr, so that OUT says why it failed.
act() {
  local seconds=$1 status=0
  shift
  OUT=$(timeout --kill-after=5 "$seconds" "$@" 2>&1 9>&-) || status=$?
  if [[ $status -eq 124 || $status -eq 137 ]]; then OUT="no answer after $seconds s: $*"; fi
  return "$status"
}

kube() { ask 20 k3s kubectl "$@"; }
change() { act 30 k3s kubectl "$@"; }

# act_as SECONDS NAME ARGUMENTS...: one of our own programs, by the Node that came with it; false with 127 when it is not here.
act_as() {
  local seconds=$1 name=$2 node=$HERE/node/bin/node file=$HERE/app/host-service/bin/$2.js
  shift 2
  if [[ -x $node && -f $file ]]; then
    act "$seconds" "$node" "$file" "$@"
  elif command -v "$name" >/dev/null; then
    act "$seconds" "$name" "$@"
  else
    OUT='' && return 127
  fi
}

# wait_for SECONDS COMMAND...: asks again each second; false when the time is over. A start line each half minute says that we are still here.
wait_for() {
  local seconds begin told=0 passed
  seconds=$(patience "$1")
  shift
  begin=$(uptime_ms)
  until "$@"; do
    passed=$((($(uptime_ms) - begin) / 1000))
    if ((passed >= seconds)); then return 1; fi
    if ((passed >= told + 30)); then
      told=$passed
      say info "still waiting after $passed s"
    fi
    sleep 1
  done
}

# The last line of OUT.
last_line() {
  local text=${OUT%$'\n'}
  printf '%s' "${text##*$'\n'}"
}

make_folder() {
  [[ -d $1 ]] || act 10 mkdir -p -m "$2" -- "$1" || fail boot.files "$(shown "$1"): $(last_line)"
}

# The path as this machine knows it, without the folder that stands for its root.
shown() { printf '%s' "${1#"$ROOT"}"; }

# put_file FROM TO MODE: makes TO the same as FROM in one piece, on the disk before it has its name. False when it was the same already.
put_file() {
  local from=$1 to=$2 mode=$3 part
  if [[ -f $to && ! -L $to && $(stat -c %a -- "$to") == "$mode" ]] && cmp -s -- "$from" "$to"; then return 1; fi
  part=$(dirname -- "$to")/.$(basename -- "$to").part
  # There may be a half-written one of a run before.
  try_file "$to" rm -f -- "$part"
  try_file "$to" install -m "$mode" -- "$from" "$part"
  try_file "$to" sync -- "$part"
  point "$CURRENT:half $(basename -- "$to")"
  try_file "$to" mv -fT -- "$part" "$to"
  try_file "$to" sync -- "$(dirname -- "$to")"
  point "$CURRENT:wrote $(basename -- "$to")"
}

# try_file FILE COMMAND...: a step of writing FILE.
try_file() {
  local file=$1
  shift
  act 60 "$@" || fail boot.files "$(shown "$file"): $(last_line)"
}

# The number in a file of one line, when it is a time since 1970 that can be one; else 0.
time_in() {
  local text=''
  if [[ -f $1 ]]; then IFS= read -r -n 16 text <"$1" || true; fi
  if [[ $text =~ ^[1-9][0-9]{8,10}$ ]]; then printf '%s' "$text"; else printf 0; fi
}
