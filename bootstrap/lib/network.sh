# shellcheck shell=bash
# The platform lives on an address of its own, so that no cable, another network or a new lease changes nothing for it. The platform
# also wants a default route: ours comes after every other one and leads nowhere.

readonly INNER_LINK=appl0
readonly INNER_ADDRESS=198.19.255.1/32
readonly LAST_METRIC=4294967295

stage_network() {
  if ! ask 10 ip link show dev "$INNER_LINK"; then
    make_link || fail boot.network "$INNER_LINK: $(last_line)"
    point 'network:link'
  fi
  act 10 ip link set dev "$INNER_LINK" up || fail boot.network "$INNER_LINK: $(last_line)"
  act 10 ip address replace "$INNER_ADDRESS" dev "$INNER_LINK" || fail boot.network "$INNER_ADDRESS: $(last_line)"
  point 'network:address'
  act 10 ip route replace default dev "$INNER_LINK" metric "$LAST_METRIC" ||
    fail boot.network "default route of $INNER_LINK: $(last_line)"
}

# A bridge without ports does the same where the kernel came without its dummy.
make_link() {
  act 10 ip link add "$INNER_LINK" type dummy || act 10 ip link add "$INNER_LINK" type bridge
}
