# Real database servers, as Debian packs them, under --db: the examples postgres, mariadb and redis, each with its data on
# a named volume and a client on another host, through the published port.

load lib/daemon
setup_file() {
  start_host
  export MINIBOX_BUILD_PREFIXES=$project
  start_daemon
  "$project/tools/debian_rootfs" "$project/build/debian/rootfs.tar" postgresql-15 mariadb-server redis-server
  minibox build -t debian -f "$project/examples/debian/MiniBox" "$project/build/debian"
  for database in postgres mariadb redis; do minibox build -t $database "$project/examples/$database"; done
}
teardown_file() { stop_host; }

readonly password="pa'ss\\word"

# run_X [OPTIONS]: a container of this name. X_client: asks it from outside. X_put, X_rows: write a row, read all. $volume: another one.
run_postgres() {
  minibox run -d --name postgres --db -v "${volume:-rows}:/var/lib/postgresql" -e POSTGRES_PASSWORD="$password" -p 15432:5432 "$@" postgres
}
postgres_client() {
  in_outside env PGPASSWORD="$password" PGCONNECT_TIMEOUT=5 \
    psql -h $host_address -p 15432 -U postgres -v ON_ERROR_STOP=1 -qtA -c "$1"
}
postgres_put() { postgres_client "CREATE TABLE IF NOT EXISTS rows (id int); INSERT INTO rows VALUES ($1)"; }
postgres_rows() { postgres_client "SELECT string_agg(id::text, ' ' ORDER BY id) FROM rows"; }

run_mariadb() {
  minibox run -d --name mariadb --db -v tables:/var/lib/mysql -e MARIADB_ROOT_PASSWORD="$password" -p 13306:3306 "$@" mariadb
}
mariadb_client() {
  in_outside mariadb --no-defaults --connect-timeout=5 -h $host_address -P 13306 -u root --password="$password" -BN -e "$1"
}
mariadb_put() { mariadb_client "CREATE DATABASE IF NOT EXISTS test; USE test; CREATE TABLE IF NOT EXISTS numbers (id int); INSERT INTO numbers VALUES ($1)"; }
mariadb_rows() { mariadb_client "SELECT GROUP_CONCAT(id ORDER BY id SEPARATOR ' ') FROM test.numbers"; }

run_redis() {
  minibox run -d --name redis --db -v keys:/var/lib/redis -e REDIS_PASSWORD="secret" -p 16379:6379 "$@" redis
}
redis_client() { in_outside env REDISCLI_AUTH=secret redis-cli -e -h $host_address -p 16379 $1; }
redis_put() { redis_client "RPUSH rows $1"; }
redis_rows() { redis_client "LRANGE rows 0 -1" | xargs; }

# redis-cli succeeds even when nobody is there, psql's 2 would end wait_until.
answers() {
  local hello="SELECT 1"
  [ "$1" != redis ] || hello=PING
  "$1_client" "$hello" | grep -qE '^(1|PONG)$'
}
wait_for() { deadline_seconds=60 wait_until answers "$1" || fail "$1 does not answer: $(minibox logs "$1" 2>&1 | tail -n 20)"; }
exit_code() { minibox inspect "$1" | jq -r '.[0].State.ExitCode'; }

# What is written is there after stop and start, after a kill, and in another container on the same volume.
check_data_is_kept() {
  local name=$1
  "run_$name"
  wait_for "$name"
  "$name"_put 1
  assert_equal "$("$name"_rows)" 1

  minibox stop "$name"
  assert_equal "$(exit_code "$name")" 0
  run answers "$name"
  assert_failure
  minibox start "$name"
  wait_for "$name"
  assert_equal "$("$name"_rows)" 1

  "$name"_put 2
  minibox kill "$name"
  minibox rm "$name"
  "run_$name"
  wait_for "$name"
  assert_equal "$("$name"_rows)" "1 2"
}

# The short list for what starts the server, nothing at all for the server; the engine's own promises.
check_confinement() {
  local name=$1 program=$2 pid
  run minibox exec "$name" grep CapEff /proc/1/status
  assert_output --regexp '00000000000001eb$'
  pid=$(pgrep -P "$(minibox inspect "$name" | jq -r '.[0].State.Pid')" | head -n 1)
  run grep -E 'Cap(Eff|Bnd)|Seccomp:|NoNewPrivs' "/proc/$pid/status"
  assert_line --regexp 'CapEff:.0{16}$'
  assert_line --regexp 'CapBnd:.0{16}$'
  assert_line --regexp 'Seccomp:.2$'
  assert_line --regexp 'NoNewPrivs:.1$'
  run minibox top "$name"
  assert_output --partial "$program"
  run minibox exec "$name" df -k --output=size /dev/shm
  assert_output --partial 262144
  assert_equal "$(cat "/proc/$pid/oom_score_adj")" "$(database_oom_score)"
}

# The root file system is volatile, fsync does nothing on it; a volume must not be.
check_durability() {
  run minibox exec "$1" awk -v at="$2" '$5 == at || $5 == "/"' /proc/1/mountinfo
  assert_line --regexp " / .* - overlay .*volatile"
  assert_line --regexp " $2 .* - "
  refute_line --regexp " $2 .*(overlay|volatile|tmpfs)"
}

@test "PostgreSQL keeps its rows over stop, start, kill and another container" {
  check_data_is_kept postgres
  run minibox logs postgres
  assert_output --partial "automatic recovery in progress"
  refute_output --partial "Success. You can now start the database server"
}

@test "PostgreSQL is confined, and what it commits reaches the disk" {
  check_confinement postgres "postgres"
  check_durability postgres /var/lib/postgresql
  assert_equal "$(postgres_client 'SHOW fsync')" on
}

@test "PostgreSQL refuses a wrong password, and its stop does not wait for idle clients" {
  run in_outside env PGPASSWORD=wrong psql -h $host_address -p 15432 -U postgres -c 'SELECT 1'
  assert_failure
  assert_output --partial "password authentication failed"

  coproc idle { exec nsenter --net="/run/netns/$outside" env PGPASSWORD="$password" psql -h $host_address -p 15432 -U postgres -qtA 3>&-; }
  local client=$idle_PID answer
  echo "SELECT 'here';" >&"${idle[1]}"
  read -r answer <&"${idle[0]}"
  assert_equal "$answer" here
  minibox stop -t 60 postgres
  assert_equal "$(exit_code postgres)" 0
  run minibox logs postgres
  assert_output --partial "terminating connection due to administrator command"
  assert_output --partial "database system is shut down"
  kill "$client" 2>/dev/null || true
  wait "$client" 2>/dev/null || true
  minibox rm postgres
}

@test "PostgreSQL uses all of /dev/shm that --shm-size gives, for its parallel queries" {
  run_postgres --shm-size 64
  wait_for postgres
  run minibox exec postgres df -k --output=size /dev/shm
  assert_output --partial 65536
  postgres_client "CREATE TABLE numbers AS SELECT generate_series(1, 300000) AS n; ANALYZE numbers"
  run postgres_client "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SELECT sum(n) FROM numbers"
  assert_output 45000150000
  run postgres_client "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; EXPLAIN ANALYZE SELECT sum(n) FROM numbers"
  assert_output --regexp 'Workers Launched: [1-9]'
  minibox rm -f postgres
}

@test "a cluster whose making was cut off is made again" {
  volume=cut run_postgres
  wait_until logs_contain postgres "creating subdirectories"
  minibox kill postgres
  assert [ -e "$data/volumes/cut/data.new" ]
  minibox rm postgres
  volume=cut run_postgres
  wait_for postgres
  assert_equal "$(postgres_client 'SELECT 1')" 1
  minibox rm -f postgres
}

@test "MariaDB keeps its rows over stop, start, kill and another container" {
  check_data_is_kept mariadb
  run minibox logs mariadb
  assert_output --partial "Starting crash recovery"
}

@test "MariaDB is confined, and what it commits reaches the disk" {
  check_confinement mariadb mariadbd
  check_durability mariadb /var/lib/mysql
  assert_equal "$(mariadb_client 'SELECT @@innodb_flush_log_at_trx_commit')" 1
  run in_outside mariadb --no-defaults -h $host_address -P 13306 -u root --password=wrong -e 'SELECT 1'
  assert_failure
  assert_output --partial "Access denied"
  minibox rm -f mariadb
}

@test "Redis keeps its keys over stop, start, kill and another container" {
  check_data_is_kept redis
  run minibox logs redis
  assert_output --partial "DB loaded from"
}

@test "Redis is confined, and what it answers reaches the disk" {
  check_confinement redis redis-server
  check_durability redis /var/lib/redis
  run redis_client "CONFIG GET appendfsync"
  assert_line always
  run in_outside env REDISCLI_AUTH=wrong redis-cli -h $host_address -p 16379 LRANGE rows 0 -1
  assert_output --partial NOAUTH
  minibox rm -f redis
}

@test "a first start without a password says what is needed" {
  run minibox run --rm --db postgres
  assert_failure
  assert_output --partial "run -e POSTGRES_PASSWORD="
  run minibox run --rm --db mariadb
  assert_failure
  assert_output --partial "run -e MARIADB_ROOT_PASSWORD="
  run minibox run --rm --db redis
  assert_failure
  assert_output --partial "run -e REDIS_PASSWORD="
}

@test "nothing is left when the daemon has gone" {
  stop_daemon_cleanly
  assert_nothing_left
}
