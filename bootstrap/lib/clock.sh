# shellcheck shell=bash
# A clock that is behind the day this program was built, or behind the last time that was kept, is wrong: certificates made by it would not
# hold (R-33). It is set forward only.

# A kept time later than this after the build is a mistake and no floor.
readonly CLOCK_BELIEVED=$((20 * 366 * 86400))
# Without a time server, a time this far past the floor may be a wrong battery clock: it is used and not kept.
readonly CLOCK_KEPT=$((366 * 86400))

stage_clock() {
  local built saved floor now
  built=$(time_in "$BAKED/build-time")
  saved=$(time_in "$KEPT/clock")
  if ((saved > built + CLOCK_BELIEVED)); then
    warn boot.clock "the kept time $saved is not believed"
    saved=0
  fi
  floor=$((saved > built ? saved : built))
  now=$(date +%s)
  if ((now < floor)); then
    act 10 date -s "@$floor" || fail boot.clock "the clock says $now, before $floor, and cannot be set: $(last_line)"
    now=$(date +%s)
    ((now >= floor)) || fail boot.clock "the clock says $now, before $floor, and does not follow"
    say info "set forward to $floor, the latest time that is known to be over"
  fi
  if wait_for_time_server; then
    keep_time "$(date +%s)"
  elif now=$(date +%s) && ((now <= floor + CLOCK_KEPT && now > saved)); then
    keep_time "$now"
  fi
}

wait_for_time_server() {
  command -v timedatectl >/dev/null || return 1
  # Switched off by somebody: nothing to wait for.
  if ask 5 timedatectl show -p NTP --value && [[ $OUT == no ]]; then return 1; fi
  if wait_for 20 is_in_step; then return 0; fi
  say info 'no time server yet; the clock goes on as it is'
  return 1
}

is_in_step() { ask 5 timedatectl show -p NTPSynchronized --value && [[ $OUT == yes ]]; }

# Not being able to keep it costs a floor at the next boot, no more.
keep_time() {
  local part=$KEPT/.clock.part
  if { mkdir -p -- "$KEPT" && printf '%s\n' "$1" >"$part" && sync -- "$part" && mv -fT -- "$part" "$KEPT/clock"; } 2>/dev/null; then
    point 'clock:kept'
    return 0
  fi
  rm -f -- "$part" 2>/dev/null || true
  warn boot.files "$(shown "$KEPT/clock") cannot be written"
}
