# minibox run: the options about isolation and limits, through the CLI and the daemon.

load lib/daemon
setup_file() { start_host; start_daemon; }
teardown_file() { stop_host; }

capabilities() { minibox run --rm "$@" busybox grep -E 'Cap(Eff|Bnd)' /proc/self/status | cut -f2 | uniq; }

@test "the default: 14 capabilities, a filter, no new privileges, ids of its own" {
  run minibox run --rm busybox sh -c 'grep -E "Cap|NoNewPrivs|Seccomp:" /proc/self/status; cat /proc/self/uid_map'
  assert_success
  assert_line --regexp 'CapEff:.*00000000a80425fb'
  assert_line --regexp 'CapInh:.*0000000000000000'
  assert_line --regexp 'NoNewPrivs:.*1'
  assert_line --regexp 'Seccomp:.*2'
  assert_line --regexp ' 0 +100000 +65536'
}

@test "--cap-drop and --cap-add change the set" {
  assert_equal "$(capabilities --cap-drop ALL)" 0000000000000000
  assert_equal "$(capabilities --cap-drop ALL --cap-add CHOWN --cap-add cap_kill)" 0000000000000021
  assert_equal "$(capabilities --cap-drop MKNOD)" 00000000a00425fb
  run minibox run --rm --cap-add NET_ADMN busybox true
  assert_failure 125
  assert_output --partial "unknown capability 'NET_ADMN'"
  assert_output --partial "did you mean 'CAP_NET_ADMIN'?"
}

@test "a capability brings its system calls, a user's profile its own" {
  run minibox run --rm busybox hostname other
  assert_failure
  run minibox run --rm --cap-add SYS_ADMIN busybox sh -c 'hostname other; hostname'
  assert_output other
  cat >"$dir/profile.json" <<'EOF'
{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "errno": "ENOSPC",
               "excludes": {"caps": ["CAP_SYS_ADMIN"]}}]}
EOF
  run minibox run --rm --security-opt "seccomp=$dir/profile.json" busybox mkdir /x
  assert_failure
  assert_output --partial 'No space left on device'
  run minibox run --rm --cap-add SYS_ADMIN --security-opt "seccomp=$dir/profile.json" busybox mkdir /x
  assert_success
}

@test "Podman's own profile can be passed" {
  run minibox run --rm --security-opt seccomp=/usr/share/containers/seccomp.json busybox \
    sh -c 'grep Seccomp: /proc/self/status; unshare -m true; sleep 0; echo "$(ls / | wc -l)"'
  assert_success
  assert_line --regexp 'Seccomp:.*2'
}

@test "seccomp=unconfined leaves only the filter away" {
  run minibox run --rm --security-opt seccomp=unconfined busybox grep -E 'Seccomp:|NoNewPrivs' /proc/self/status
  assert_line --regexp 'Seccomp:.*0'
  assert_line --regexp 'NoNewPrivs:.*1'
}

@test "a profile that is none is refused before anything runs" {
  echo '{"defaultAction": "SCMP_ACT_DREAM"}' >"$dir/dream.json"
  run minibox run --rm --security-opt "seccomp=$dir/dream.json" busybox true
  assert_failure 125
  assert_output --partial "SCMP_ACT_DREAM"
  run minibox run --rm --security-opt seccomp=/nonexistent busybox true
  assert_failure 2
  assert_output --partial "--security-opt: read('/nonexistent'): No such file"
}

@test "no-new-privileges is always on and can't be switched off" {
  run minibox run --rm --security-opt no-new-privileges busybox grep NoNewPrivs /proc/self/status
  assert_output --regexp 'NoNewPrivs:.*1'
  run minibox run --rm --security-opt no-new-privileges=false busybox true
  assert_failure 2
  assert_output --partial 'no_new_privs is always on'
  run minibox run --rm --security-opt apparmor=x busybox true
  assert_failure 2
}

@test "--read-only with --tmpfs" {
  run minibox run --rm --read-only --tmpfs /run:size=1m busybox sh -c 'touch /run/x && echo yes; touch /x'
  assert_line yes
  assert_line --partial 'Read-only file system'
  run minibox run --rm --tmpfs /run:suid busybox true
  assert_failure 125
  assert_output --partial "unknown tmpfs option 'suid'"
}

@test "--ulimit, --shm-size, --hostname" {
  run minibox run --rm --ulimit nofile=55:66 --shm-size 2m --hostname box busybox \
    sh -c 'ulimit -Sn; ulimit -Hn; df -k /dev/shm | tail -n 1; hostname'
  assert_line 55
  assert_line 66
  assert_line --regexp ' 2048 '
  assert_line box
  run minibox run --rm --ulimit nofiles=1 busybox true
  assert_failure 125
  assert_output --partial "did you mean 'nofile'?"
}

@test "--oom-score-adj holds for all of the container" {
  run minibox run --rm --oom-score-adj 300 busybox sh -c 'cat /proc/1/oom_score_adj /proc/self/oom_score_adj'
  assert_output $'300\n300'
  run minibox run --rm --oom-score-adj 3000 busybox true
  assert_failure 2
}

@test "--sysctl changes the container's own settings and no others" {
  local before
  before=$(in_host cat /proc/sys/net/core/somaxconn)
  run minibox run --rm --sysctl net.core.somaxconn=77 --sysctl kernel.shmmni=99 --sysctl net.ipv4.ip_forward=1 busybox \
    cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shmmni /proc/sys/net/ipv4/ip_forward
  assert_output $'77\n99\n1'
  assert_equal "$(in_host cat /proc/sys/net/core/somaxconn)" "$before"
  run minibox run --rm --sysctl kernel.core_pattern=/x busybox true
  assert_failure 125
  assert_output --partial 'it would change the whole host'
  run minibox run --rm --sysctl net.core.no_such=1 busybox true
  assert_failure 125
  assert_output --partial "sysctl 'net.core.no_such'"
}

@test "--cpuset-cpus and --memory-swap" {
  run minibox run --rm --cpuset-cpus 0 -m 64 --memory-swap 128m busybox nproc
  assert_output 1
  run minibox run --rm --cpuset-cpus 4000 busybox true
  assert_failure 125
  assert_output --partial 'this host has the processors'
  run minibox run --rm -m 64 --memory-swap 32 busybox true
  assert_failure 125
  assert_output --partial 'below memory'
}

@test "a limit that can't be applied is an error that names the controller" {
  run minibox run --rm --io-weight 500 busybox true
  [ "$status" -eq 0 ] || {
    assert_failure 125
    assert_output --regexp "cgroup controller '(io|blkio)'"
    assert_output --partial 'hint: '
  }
}

@test "--device gives a device with the access asked for" {
  run minibox run --rm busybox sh -c ': < /dev/net/tun'
  assert_failure
  run minibox run --rm --device /dev/net/tun busybox sh -c ': < /dev/net/tun && : > /dev/net/tun && echo both'
  assert_output both
  run minibox run --rm --device /dev/net/tun:/dev/mine:r busybox sh -c ': < /dev/mine && echo read; echo x > /dev/mine'
  assert_line read
  assert_line --partial 'Operation not permitted'
  run minibox run --rm --device /etc/passwd:/dev/x busybox true
  assert_failure 125
  assert_output --partial "'/etc/passwd' is not a device"
}

@test "a named volume outlives its containers" {
  minibox run --rm -v kept:/data busybox sh -c 'echo content > /data/f'
  run minibox run --rm -v kept:/data:ro busybox sh -c 'cat /data/f; touch /data/g'
  assert_line content
  assert_line --partial 'Read-only file system'
  run stat -c '%a %u' "$data/volumes/kept"
  assert_output '755 0'
  run minibox run --rm -v ..:x busybox true
  assert_failure
  run in_host curl -sS -H 'Content-Type: application/json' -d '{"image":"busybox","named_volumes":{"../x":"/d"}}' \
    http://127.0.0.1:8080/containers/run
  assert_output --partial "invalid volume name '../x'"
}

@test "--userns host: root inside is root outside, and the rest holds" {
  run minibox run --rm --userns host -v "$dir:/host" busybox \
    sh -c 'cat /proc/self/uid_map; grep CapEff /proc/self/status; mknod /x b 7 0; touch /host/made'
  assert_line --regexp ' 0 +0 +4294967295'
  assert_line --regexp 'CapEff:.*a80405fb'
  assert_line --partial 'Operation not permitted'
  assert_equal "$(stat -c %u "$dir/made")" 0
  run minibox run --rm --userns else busybox true
  assert_failure 2
}

@test "services bind port 80 and ping works without privileges" {
  minibox run -d --name service -u 1000 --cap-drop ALL busybox sh -c 'echo served | nc -l -p 80' >/dev/null
  local pid
  pid=$(container_pid "$(container_ids)")
  # Seen from the host, whose ids these are: the groups of every container are among them.
  run nsenter -t "$pid" -n cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range
  assert_line --index 0 0
  assert_line --index 1 --regexp '^0[[:space:]]+2147483647$'
  wait_until listens_on_80 "$pid"
  minibox rm -f service >/dev/null
}

listens_on_80() { nsenter -t "$1" -n grep -qE ':0050 .* 0A ' /proc/net/tcp /proc/net/tcp6; }

@test "unknown users and groups are errors, a missing working directory is made" {
  run minibox run --rm -u nobody-knows busybox true
  assert_failure 125
  assert_output --partial "user 'nobody-knows' is not in the image's /etc/passwd"
  run minibox run --rm -u 0:nobody-knows busybox true
  assert_failure 125
  run minibox run --rm -w /made/here busybox pwd
  assert_output /made/here
}

@test "--db: the short list of capabilities, tmpfs on /tmp, 256 MB of /dev/shm" {
  run minibox run --rm --db busybox sh -c 'grep CapBnd /proc/self/status; mount | grep " /tmp "; df -k /dev/shm | tail -n 1; echo "score $(cat /proc/self/oom_score_adj)"'
  assert_line "score $(database_oom_score)"
  assert_line --regexp 'CapBnd:.*00000000000001eb'
  assert_line --regexp '^tmpfs on /tmp'
  assert_line --regexp ' 262144 '
}

# What the start scripts of database images do: as root over files of somebody else, closed to all but their owner, then as
# the server's user. A stop has to reach a server whose user is not the init's.
@test "--db is enough for a database's start script, and for its stop" {
  cat >"$dir/entrypoint" <<'EOF'
set -e
echo 'db:x:999:999:db:/data:/bin/sh' >>/etc/passwd
mkdir -p /data/inner && touch /data/inner/file
chown -R 999:999 /data && chmod 700 /data/inner /data
chown 0:0 /data/inner/file && chown 999:999 /data/inner/file && chmod 600 /data/inner/file
exec su db -c 'trap "echo stopped; exit 7" TERM; id -u; echo x >/data/inner/file; echo ready; while :; do sleep 1; done'
EOF
  minibox run -d --name db --db -v db-data:/data -v "$dir/entrypoint:/entrypoint:ro" busybox sh /entrypoint >/dev/null
  wait_until logs_contain db ready
  minibox stop db >/dev/null
  run minibox logs db
  assert_line 999
  assert_line stopped
  assert_equal "$(minibox ps -a --json | jq -r '.[] | select(.name == "db") | .exit')" 7
  assert_equal "$(stat -c %u "$data/volumes/db-data/inner")" 999
  minibox rm db >/dev/null
}

@test "what was asked for holds after stop and start too" {
  minibox run -d --name again --cap-drop ALL --read-only --security-opt seccomp=unconfined busybox \
    sh -c 'grep -E "CapBnd|Seccomp:" /proc/self/status; exec sleep 1000' >/dev/null
  wait_until logs_contain again Seccomp
  minibox kill again >/dev/null
  minibox start again >/dev/null
  wait_until logs_contain again Seccomp
  run minibox logs again
  assert_line --regexp 'CapBnd:.*0000000000000000'
  assert_line --regexp 'Seccomp:.*0'
  minibox rm -f again >/dev/null
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}

@test "without idmapped mounts the daemon refuses, unless told to run without user namespaces" {
  mkdir -p "$dir/ramfs"
  run in_host env MINIBOX_DATA_ROOT="$dir/ramfs/data" unshare -m sh -c "mount -t ramfs ramfs '$dir/ramfs' && exec '$bin/miniboxd'"
  assert_failure 1
  assert_output --partial "can't run containers in user namespaces"
  assert_output --partial 'MINIBOX_USERNS=host'
  run in_host env MINIBOX_USERNS=maybe "$bin/miniboxd"
  assert_failure 1
  assert_output --partial "MINIBOX_USERNS='maybe'"
}

@test "MINIBOX_USERNS=host is the default of all containers, and one may ask for its own ids" {
  MINIBOX_USERNS=host start_daemon
  run minibox run --rm busybox cat /proc/self/uid_map
  assert_output --regexp ' 0 +0 +4294967295'
  run minibox run --rm --userns private busybox cat /proc/self/uid_map
  assert_output --regexp ' 0 +100000 +65536'
  stop_daemon_cleanly
  assert_nothing_left
}
