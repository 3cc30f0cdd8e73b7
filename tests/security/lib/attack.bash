# The attackers of tests/security: static programs, shown to containers as a read-only volume.
#   attack [RUN-OPTION...] -- PROGRAM [ARGUMENT...]

load ../e2e/lib/daemon

attackers=${MINIBOX_ATTACKERS:-$project/build/tests/attackers}

start_attack_host() {
  start_host
  cp -r "$attackers" "$dir/attackers"
  start_daemon
}

attack() {
  local options=()
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  local program=$2
  shift 2
  minibox run --rm "${options[@]}" -v "$dir/attackers:/attackers:ro" busybox "/attackers/$program" "$@"
}

# For `run`, where it does not matter how a command fails: bats warns of status 127.
in_any_way() { "$@" || return 1; }
