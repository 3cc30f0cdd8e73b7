# The attacker writes where the kernel listens: core_pattern and modprobe (CVE-2022-0811), a cgroup's release_agent
# (CVE-2022-0492), uevent_helper, sysrq; or reads what tells of the host.

load lib/attack
setup_file() { start_attack_host; }
teardown_file() { stop_host; }

readonly masked='/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug /proc/scsi
  /proc/timer_list /proc/timer_stats /sys/firmware /sys/devices/virtual/powercap /sys/devices/system/cpu/cpu0/thermal_throttle'

@test "masked paths show nothing and take nothing" {
  local path count=0
  for path in $masked; do [ ! -e "$path" ] || count=$((count + 1)); done
  assert [ $count -gt 3 ]
  for userns in private host; do
    run minibox run --rm --userns $userns busybox sh -c 'seen=0
      for path in '"$(echo $masked)"'; do
        [ -e $path ] || continue
        seen=$((seen + 1))
        if [ -d $path ]; then
          [ -z "$(ls -A $path)" ] || echo "SHOWN $path"
          ! touch $path/x 2>/dev/null || echo "TAKEN $path"
        else
          [ -z "$(head -c 1 $path)" ] || echo "SHOWN $path"
        fi
        ! rm -rf $path 2>/dev/null || echo "REMOVED $path"
      done; echo "seen $seen"'
    assert_output "seen $count"
  done
}

@test "no file of /proc and /sys that is not of one's own processes can be opened for writing" {
  for userns in private host; do
    run attack --userns $userns -- sweep /proc /sys
    assert_line --regexp '^tried [0-9]{3,}$'
    # Anybody may ask to be told of pressure; mtrr asks for CAP_SYS_ADMIN when it is written.
    run grep -vE '^(WRITABLE /proc/(pressure/.*|mtrr)|tried .*)$' <<<"$output"
    assert_output ""
  done
}

@test "CVE-2022-0811: kernel settings of the host can't be smuggled in as sysctls of the container" {
  local before setting
  before=$(cat /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory /proc/sys/fs/suid_dumpable)
  for setting in 'kernel.core_pattern=|/evil' 'kernel.modprobe=/evil' 'kernel/core_pattern=|/evil' \
    'net/../kernel/core_pattern=|/evil' 'net...kernel.core_pattern=|/evil' 'kernel.shm_rmid_forced=1+kernel.core_pattern=|/evil' \
    'kernel.shmmni/../core_pattern=|/evil' $'kernel.shmmni=1\nkernel.core_pattern=|/evil' 'vm.overcommit_memory=2' 'fs.suid_dumpable=1'; do
    run minibox run --rm --sysctl "$setting" busybox true
    assert_failure
    assert_equal "$(cat /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory /proc/sys/fs/suid_dumpable)" "$before"
  done
}

@test "CVE-2022-0492: no cgroup hierarchy can be mounted, no release_agent written" {
  run minibox run --rm busybox sh -c 'mkdir /c
    for type in cgroup cgroup2; do mount -t $type -o rdma none /c || mount -t $type none /c || echo "no $type"; done
    unshare -UrmC true || echo "no namespaces"
    find / -name release_agent -o -name cgroup.procs 2>/dev/null | while read -r file; do (echo /evil >$file) 2>/dev/null && echo "WRITTEN $file"; done; true'
  assert_line "no cgroup"
  assert_line "no cgroup2"
  assert_line "no namespaces"
  refute_output --partial WRITTEN
}

@test "/proc is nosuid, nodev, noexec, shows no process of the host; /sys and cgroups are read-only" {
  run minibox run --rm busybox cat /proc/mounts
  assert_line --regexp '^proc /proc proc rw,nosuid,nodev,noexec'
  assert_line --regexp '^sysfs /sys sysfs ro,nosuid,nodev,noexec'
  refute_line --regexp '^cgroup2? [^ ]+ cgroup2? rw'
  refute_output --partial "$dir"
  run minibox run --rm busybox sh -c 'ls -d /proc/[0-9]* | wc -l'
  assert [ "$output" -le 4 ]
  run minibox run --rm busybox sh -c 'kill -0 '$daemon
  assert_failure
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
