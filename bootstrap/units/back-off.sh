#!/bin/sh
# Lets a unit that keeps failing wait longer each time. Place: /usr/lib/appliance/units/back-off.sh.
#
#   ExecStartPre=-/usr/lib/appliance/units/back-off.sh wait FIRST MOST    seconds before the first retry, and at most
#   ExecStopPost=-/usr/lib/appliance/units/back-off.sh note               counts a failure, forgets all of them after an orderly stop
#
# The count is in the unit's last RuntimeDirectory, which is in memory: switching off and on forgets it. The wait is part of the start, so
# `systemctl stop` and `restart` end it at once, and an orderly stop starts from nothing.
set -eu
folder=${RUNTIME_DIRECTORY##*:}
count=$folder/failures

# Whole seconds since power-on: the clock may jump.
uptime_s() {
  read -r up _ </proc/uptime
  printf '%s' "${up%%.*}"
}

# Two numbers: failures in a row, and when this try began.
failures=0
began=0
if [ -r "$count" ]; then read -r failures began <"$count" || true; fi
case "$failures:$began" in *[!0-9:]* | :* | *:) failures=0 began=0 ;; esac

case "${1:-}" in
note)
  if [ "${SERVICE_RESULT:-}" = success ]; then
    rm -f -- "$count"
  else
    printf '%s %s\n' "$((failures + 1))" "$began" >"$count"
  fi
  ;;
wait)
  first=$2 most=$3
  now=$(uptime_s)
  # It had run for long: what failed now is not what failed then.
  if [ "$failures" -gt 1 ] && [ "$((now - began))" -gt "$((10 * most))" ]; then failures=1; fi
  pause=0
  if [ "$failures" -gt 0 ]; then
    pause=$first
    left=$failures
    while [ "$left" -gt 1 ] && [ "$pause" -lt "$most" ]; do
      pause=$((pause * 2))
      left=$((left - 1))
    done
    if [ "$pause" -gt "$most" ]; then pause=$most; fi
    echo "failed $failures times in a row; waiting $pause s"
    sleep "$pause"
  fi
  printf '%s %s\n' "$failures" "$(uptime_s)" >"$count"
  ;;
*)
  echo 'back-off.sh wait FIRST MOST | note' >&2
  exit 2
  ;;
esac
