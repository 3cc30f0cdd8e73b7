# The attacker sits in a container on the bridge and wants to be somebody else: a neighbour whose database trusts addresses, or
# the gateway that answers for the world. By raw IP, frames and ARP of its own, transparent or foreign source addresses.

load lib/attack
setup_file() { start_attack_host; }
teardown_file() { stop_host; }

address_of() { nsenter -t "$1" -n ip -4 -o addr show eth0 | sed 's/.*inet \([0-9.]*\).*/\1/'; }
hardware_of() { nsenter -t "$1" -n ip -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/'; }

@test "a container sends nothing in another's name, with and without a user namespace of its own" {
  local victim pid foreign=${MINIBOX_SUBNET%.0/24}.77
  victim=$(minibox run -d busybox sleep 1000)
  pid=$(container_pid "$victim")
  for userns in private host; do
    run attack --userns $userns -- spoof "$foreign" "$(address_of "$pid")" 9000 "$(hardware_of "$pid")"
    assert_success
    assert_equal "${#lines[@]}" 5
    refute_output --partial SENT
    run attack --userns $userns -- spoof "${MINIBOX_SUBNET%.0/24}.1" "$(address_of "$pid")" 9000 ff:ff:ff:ff:ff:ff
    refute_output --partial SENT
  done
  run nsenter -t "$pid" -n ip neigh
  refute_output --partial "$foreign"
  minibox rm -f "$victim"
}

@test "the probe can send: with NET_RAW, which --userns host gives only when asked" {
  run attack --userns host --cap-add NET_RAW -- spoof "${MINIBOX_SUBNET%.0/24}.77" "${MINIBOX_SUBNET%.0/24}.1" 9000 ff:ff:ff:ff:ff:ff
  assert_line "frame SENT"
}

@test "addresses, routes, links and filters of a container's network are not its own to change" {
  run minibox run --rm --cap-add ALL busybox sh -c '
    ip addr add 192.0.2.99/24 dev eth0 2>/dev/null && echo ADDRESS
    ip route add default via 192.0.2.1 2>/dev/null && echo ROUTE
    ip link set eth0 down 2>/dev/null && echo LINK
    ip link set eth0 address 02:00:00:00:00:01 2>/dev/null && echo HARDWARE
    ip link add dummy9 type dummy 2>/dev/null && echo DUMMY
    (echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet) 2>/dev/null && echo SYSCTL; echo tried'
  assert_output tried
}

@test "a container sees no link, address or connection of the host" {
  run minibox run --rm busybox sh -c 'ls /sys/class/net; cat /proc/net/unix | wc -l; netstat -tn 2>/dev/null | grep -c 8080'
  refute_output --partial uplink0
  refute_output --partial "$bridge"
  assert_line --index 0 eth0
  assert_line --index 1 lo
  assert_line --index 2 1
  assert_line --index 3 0
}

@test "a container without network reaches nobody" {
  run attack --network none -- reach lo $host_address 8080
  assert_output --regexp '(connect|bind to device) E'
  run attack --network none -- reach eth0 127.0.0.1 8080
  refute_output --partial connected
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
