# cp: files out of a container and into it, running or not, and archives that mean harm.

load lib/daemon
setup_file() {
  start_host
  start_daemon
  running=$(minibox run -d --name running -v "$dir:/control" busybox sh -c 'mkdir -p /tree/sub /empty; echo one >/tree/one; echo two >/tree/sub/two; chmod 640 /tree/one; ln -s one /tree/link; ln -s /etc/passwd /abs; ln -s / /slash; echo ready; exec sleep 1000')
  stopped=$(minibox run -d --name stopped busybox sh -c 'mkdir /tree; echo one >/tree/one')
  export running stopped
  wait_until logs_contain running ready
  minibox wait stopped
}
teardown_file() { stop_host; }
setup() { mkdir -p "$dir/out"; cd "$dir/out"; }
teardown_one() { cd /; rm -rf "$dir/out"; }


@test "a tree comes out of a running container with modes and symlinks" {
  minibox cp running:/tree ./tree
  assert_equal "$(cat tree/one tree/sub/two)" $'one\ntwo'
  assert_equal "$(stat -c %a tree/one)" 640
  assert_equal "$(readlink tree/link)" one
  minibox cp running:/tree .      # into the directory that is there now
  assert_equal "$(cat tree/one)" one
  minibox cp running:/tree/. flat
  assert_equal "$(cat flat/one)" one
  minibox cp running:/tree/one other-name
  assert_equal "$(cat other-name)" one
  teardown_one
}

@test "a stopped container gives and takes files too, and starts with them" {
  minibox cp stopped:/tree/one got
  assert_equal "$(cat got)" one
  echo new >local
  minibox cp local stopped:/tree/two
  run minibox cp stopped:/tree -
  assert_success
  minibox cp stopped:/tree tree
  assert_equal "$(cat tree/two)" new
  run minibox start stopped
  assert_success
  minibox wait stopped
  minibox cp stopped:/tree/two again
  assert_equal "$(cat again)" new
  teardown_one
}

@test "files go into a running container, owned by its root" {
  mkdir -p in/deep
  echo inside >in/deep/file
  chmod 751 in/deep
  minibox cp in running:/empty
  minibox cp in running:/named
  minibox cp in/. running:/empty
  minibox cp in/deep/file running:/tmp/
  local listing
  listing=$(minibox cp running:/empty - | tar -tvf -)
  run echo "$listing"
  assert_line --regexp '^drwxr-x--x 0/0 .* empty/in/deep/?$'
  assert_line --regexp '^-rw-r--r-- 0/0 .* empty/deep/file$'
  assert_equal "$(minibox cp running:/named/deep/file - | tar -xOf -)" inside
  assert_equal "$(minibox cp running:/tmp/file - | tar -xOf -)" inside
  # The container's own root owns them: in the host's numbers not 0.
  assert_equal "$(stat -c %u "/proc/$(container_pid "$running")/root/named/deep/file")" 100000
  teardown_one
}

@test "tar streams of GNU tar are taken, long names and large files included" {
  local long
  long=$(printf 'n%.0s' {1..180})
  mkdir -p "src/$long"
  head -c 3000000 /dev/urandom >"src/$long/big"
  tar --format=gnu -C src -cf - . | minibox cp - running:/empty
  minibox cp "running:/empty/$long/big" back
  cmp back "src/$long/big"
  tar --format=pax -C src -cf - . | minibox cp - stopped:/tree
  minibox cp "stopped:/tree/$long/big" back2
  cmp back2 "src/$long/big"
  teardown_one
}

@test "a volume of a running container is reached as the container sees it" {
  echo volume >"$dir/seen"
  minibox cp running:/control/seen got
  assert_equal "$(cat got)" volume
  teardown_one
}

@test "symlinks of the container lead nowhere outside of it" {
  echo 'host secret' >"$dir/secret"
  run minibox cp "running:/slash$dir/secret" got
  assert_failure 1
  # /slash is the container's own root, and not the host's.
  minibox cp running:/slash/tree/one got
  assert_equal "$(cat got)" one
  echo planted >evil
  minibox cp evil running:/slash/planted
  assert [ ! -e /planted ]
  assert_equal "$(minibox cp running:/planted - | tar -xOf -)" planted
  # A file is put in a symlink's place, never written through.
  minibox cp evil running:/tree/link
  assert_equal "$(minibox cp running:/tree/one - | tar -xOf -)" one
  teardown_one
}

@test "archives with upward or absolute paths, devices or a symlink to write through are refused or harmless" {
  mkdir -p x/y
  echo bad >x/y/file
  (cd x/y && tar -P -cf ../../up.tar ../../x/y/file)
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' cp - running:/empty <up.tar"
  assert_failure 1
  assert_output --partial "leads upwards"
  tar -P -cf abs.tar "$PWD/x/y/file"
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' cp - running:/empty <abs.tar"
  assert_failure 1
  assert_output --partial "is absolute"
  mknod device c 1 3
  tar -cf device.tar device
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' cp - running:/empty <device.tar"
  assert_failure 1
  assert_output --partial "neither file, directory nor link"
  run bash -c "head -c 100000 /dev/urandom | nsenter --net=/run/netns/$host '$bin/minibox' cp - running:/empty"
  assert_failure 1
  assert_output --partial "no tar archive"
  # link -> outside, then link/file: inside the container's root whatever it says.
  ln -s "$dir" link
  tar -cf link.tar link
  rm link
  mkdir link
  echo through >link/through
  tar -rf link.tar link/through
  minibox cp - running:/empty <link.tar || true
  assert [ ! -e "$dir/through" ]
  teardown_one
}

@test "an archive from a container does not write outside of the destination here" {
  # The container replaces a directory by a symlink between the two: the archive holds both.
  mkdir victim dest
  ln -s "$PWD/victim" dest/tree
  run minibox cp running:/tree dest
  assert [ ! -e victim/one ]
  run ls -A victim
  assert_output ""
  teardown_one
}

@test "errors: no such file, no such directory, no such container, devices and two local paths" {
  echo x >x
  run minibox cp running:/nowhere .
  assert_failure 1
  assert_output --partial "no '/nowhere' in the container"
  run minibox cp x running:/nowhere/deep/x
  assert_failure 1
  assert_output --partial "no directory '/nowhere/deep' in the container"
  run minibox cp x running:/tree/
  assert_success
  run minibox cp x no-such-container:/x
  assert_failure 1
  assert_output --partial "container not found"
  run minibox cp x y
  assert_failure 2
  run minibox cp running:/dev/null .
  assert_failure 1
  assert_output --partial "neither file, directory nor symlink"
  # Nor is a file put into the place of a device here.
  mknod null c 1 3
  run minibox cp running:/etc/passwd "$PWD/null"
  assert_failure 1
  assert_output --partial "'null' is a device, pipe or socket"
  assert [ -c null ]
  # The whole of / but for what the kernel makes up.
  run bash -c "nsenter --net=/run/netns/$host '$bin/minibox' cp running:/ - 2>/dev/null | tar -tf - | grep -c '^proc/.'"
  assert_output 0
  teardown_one
}

@test "a client that does not read holds up nobody but a start, and gets the whole archive" {
  minibox run --name lender busybox sh -c 'head -c 30000000 /dev/zero >/big'
  mkfifo pipe
  exec_minibox cp lender:/big - >pipe 2>/dev/null 3>&- &
  local copier=$! starter
  exec 8<pipe
  head -c 512 <&8 >head
  assert_equal "$(minibox inspect lender | jq -r '.[0].State.Status')" exited
  minibox rename lender lent
  assert_equal "$(minibox cp lent:/etc/hostname - | tar -tf -)" hostname # the same mount
  exec_minibox start lent >/dev/null 2>&1 3>&- &
  starter=$!
  cat head - <&8 | tar -xOf - | wc -c >size
  exec 8<&-
  wait "$copier"
  wait "$starter"
  assert_equal "$(<size)" 30000000
  minibox wait lent
  minibox rm lent
  teardown_one
}

@test "a stopped container's volumes are reached too, and what it has in memory only is not there" {
  mkdir "$dir/disk"
  echo file >"$dir/single"
  minibox run --name sleeper -v "$dir/disk:/disk" -v "$dir/single:/etc/single" -v keep:/keep -v keep2:/keep/ro:ro --tmpfs /scratch busybox \
    sh -c 'echo disk >/disk/file; echo keep >/keep/file; ln -s /keep /link; echo gone >/scratch/file'
  assert_equal "$(minibox cp sleeper:/disk/file - | tar -xOf -)" disk
  assert_equal "$(minibox cp sleeper:/link/file - | tar -xOf -)" keep
  assert_equal "$(minibox cp sleeper:/etc/single - | tar -xOf -)" file
  echo from-here >local
  minibox cp local sleeper:/disk/local
  minibox cp local sleeper:/keep/local
  assert_equal "$(<"$dir/disk/local")" from-here
  assert_equal "$(<"$data/volumes/keep/local")" from-here
  run minibox cp local sleeper:/keep/ro/local
  assert_failure 1
  assert_output --partial EROFS
  run minibox cp local sleeper:/scratch/local
  assert_failure 1
  assert_output --partial EROFS
  run minibox cp local sleeper:/dev/shm/local
  assert_failure 1
  run minibox cp sleeper:/scratch/file -
  assert_failure 1
  run find "$data/containers/$(field_of sleeper id)/upper" -name local
  assert_output ""
  run minibox start sleeper
  assert_success
  minibox wait sleeper
  minibox rm sleeper
  teardown_one
}

@test "what can't write its root gets nothing written there, running or not" {
  minibox run --name sealed --read-only -v "$dir:/open/volume" busybox true
  echo x >local
  run minibox cp local sealed:/tmp/local
  assert_failure 1
  assert_output --partial EROFS
  minibox cp local sealed:/open/volume/copied
  assert_equal "$(<"$dir/copied")" x
  assert_equal "$(minibox cp sealed:/open/volume/copied - | tar -xOf -)" x
  run minibox start sealed
  assert_success
  minibox wait sealed
  minibox rm sealed
  teardown_one
}

field_of() { minibox ps -a --json | jq -r --arg name "$1" --arg key "$2" '.[] | select(.name == $name) | .[$key]'; }

@test "what is no file is not left out in silence" {
  local place
  for place in /proc/cpuinfo /proc /sys/kernel /proc/.; do
    run minibox cp "running:$place" -
    assert_failure 1
    assert_output --partial "'$place' is made up by the kernel"
  done
  minibox exec running sh -c 'mkdir /odd && mkfifo /odd/pipe && echo file >/odd/file'
  minibox cp running:/odd . 2>warning
  assert_equal "$(cat odd/file)" file
  run cat warning
  assert_output --partial "warning: 1 left out"
  minibox cp running:/tree . 2>warning
  run cat warning
  assert_output ""
  mkdir -p into/a into/z && mkfifo into/m && echo 1 >into/a/1 && echo 2 >into/z/2
  minibox cp into running:/into 2>warning
  run cat warning
  assert_output --partial "warning: 1 left out"
  assert_equal "$(minibox exec running cat /into/a/1 /into/z/2)" $'1\n2'
  run minibox cp into/m running:/
  assert_failure 1
  assert_output --partial "'into/m' is neither file, directory nor symlink"
  teardown_one
}

# A container that does not run is held for a copy: it can't be started or removed meanwhile.
@test "a client of cp that stops reading gives the container back after a while" {
  local id reader
  id=$(minibox run -d busybox sh -c 'head -c 64m /dev/zero >/zeros')
  minibox wait "$id"
  exec_in_host bash -c "exec 3<>/dev/tcp/127.0.0.1/8080
    printf 'GET /containers/archive?id=$id&path=/zeros HTTP/1.1\r\nHost: localhost\r\n\r\n' >&3; read -r head <&3; echo \"\$head\" >'$dir/copy.head'; exec sleep 1000" 3>&- &
  reader=$!
  wait_until test -s "$dir/copy.head"
  assert_equal "$(tr -d "\r" <"$dir/copy.head")" "HTTP/1.1 200 OK"
  run in_host timeout 40 "$bin/minibox" rm "$id"  # the connection itself is given up after 60 s
  assert_success
  kill "$reader"
  wait "$reader" || true
}

@test "nothing is left when the daemon has gone" {
  cd /
  stop_daemon_cleanly
  assert_nothing_left
}
