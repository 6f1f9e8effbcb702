# shellcheck shell=bash
# What a run tells: a JSON line for each thing on stdout, and the last line of each stage in one file, for console, agent and support.
# The file is told from and never believed: no stage reads it (R-16).

declare -A EXITS=([boot.clock]=10 [boot.files]=11 [boot.network]=12 [boot.images]=13 [boot.platform]=14 [boot.control-plane]=15)
REPORT_STAGES=()
declare -A REPORT_LINES=()
CURRENT=start
CURRENT_SINCE=0
LAST_LINE=''
REPORT_LOST=''

# As the inside of a JSON string: one line of printable characters, at most 500 of them.
json() {
  local text=${1:0:500}
  text=${text//[[:cntrl:]]/ }
  text=${text//[^ -~]/?}
  text=${text//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}

# line LEVEL CODE DETAIL MS: makes LAST_LINE and prints it.
line() {
  local code=''
  if [[ -n $2 ]]; then code=",\"code\":\"$2\""; fi
  LAST_LINE="{\"time\":\"$(now_text)\",\"stage\":\"$CURRENT\",\"level\":\"$1\"$code,\"detail\":\"$(json "$3")\",\"ms\":$4}"
  printf '%s\n' "$LAST_LINE"
}

elapsed() { printf '%s' "$(($(uptime_ms) - CURRENT_SINCE))"; }

say() { line "$1" '' "$2" "$(elapsed)"; }

# warn CODE DETAIL: what is wrong and does not stop us. It stays in the report.
warn() {
  line warn "$1" "$2" "$(elapsed)"
  REPORT_LINES[$CURRENT]=$LAST_LINE
}

begin_report() {
  STARTED=$(now_text)
  BOOT_ID=$(cat /proc/sys/kernel/random/boot_id)
}

begin_stage() {
  CURRENT=$1
  CURRENT_SINCE=$(uptime_ms)
  REPORT_STAGES+=("$1")
}

end_stage() {
  line info '' 'done' "$(elapsed)"
  REPORT_LINES[$CURRENT]=${REPORT_LINES[$CURRENT]:-$LAST_LINE}
  write_report running
}

end_report() {
  trap - EXIT
  write_report serving
}

# fail CODE DETAIL: ends this run; the next one goes on from what is there.
fail() {
  trap - EXIT
  line error "$1" "$2" "$(elapsed)"
  REPORT_LINES[$CURRENT]=$LAST_LINE
  write_report failed
  exit "${EXITS[$1]}"
}

# ended STATUS COMMAND: this run ended where nobody foresaw it.
ended() {
  trap - EXIT
  line error internal.bug "status $1 of: $2" "$(elapsed)"
  REPORT_LINES[$CURRENT]=$LAST_LINE
  write_report failed
  exit 70
}

# A report that cannot be written is told once and stops nothing: a full disk is a reason to go on.
write_report() {
  local part=$KEPT/.boot.json.part
  if { mkdir -p -- "$KEPT" && report "$1" >"$part" && chmod 644 -- "$part" && sync -- "$part" &&
    mv -fT -- "$part" "$KEPT/boot.json" && sync -- "$KEPT"; } 2>/dev/null; then
    return 0
  fi
  rm -f -- "$part" 2>/dev/null || true
  if [[ -z $REPORT_LOST ]]; then
    REPORT_LOST=told
    line warn boot.files "$(shown "$KEPT/boot.json") cannot be written" "$(elapsed)"
  fi
}

report() {
  local stage between=''
  printf '{"schema":"appliance.boot/v1","boot":"%s","started":"%s","written":"%s","outcome":"%s","stages":[' \
    "$BOOT_ID" "$STARTED" "$(now_text)" "$1"
  for stage in "${REPORT_STAGES[@]}"; do
    if [[ -z ${REPORT_LINES[$stage]:-} ]]; then continue; fi
    printf '%s\n%s' "$between" "${REPORT_LINES[$stage]}"
    between=,
  done
  printf ']}\n'
}
