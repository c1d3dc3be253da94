# Sourced by run.sh and more.sh, which set $root: servers of their own on free ports of loopback, which end with the script.
# It needs KAFKA_HOME (a folder laid out as Apache's distribution; ../shared/servers/kafka is tried) and Java, and PostgreSQL's initdb and postgres on PATH or in /usr/lib/postgresql/*/bin.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154

KAFKA_HOME=${KAFKA_HOME:-$root/../shared/servers/kafka}
[ -x "$KAFKA_HOME/bin/kafka-server-start.sh" ] || { echo "KAFKA_HOME ($KAFKA_HOME) holds no Kafka" >&2; exit 1; }
work=$(mktemp -d) children=()
cleanup() {
  for pid in "${children[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${children[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
say() { echo "== $*" >&2; }

start_kafka() {
  local port controller
  port=$(free_port) controller=$(free_port)
  cat > "$work/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$work/kafka
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
PROPERTIES
  export LOG_DIR=$work/kafka-logs
  "$KAFKA_HOME/bin/kafka-storage.sh" format -t MkU3OEVBNTcwNTJENDM2Qk -c "$work/server.properties" > "$work/format.log" 2>&1
  KAFKA_HEAP_OPTS="-Xms512m -Xmx1g" "$KAFKA_HOME/bin/kafka-server-start.sh" "$work/server.properties" > "$work/kafka.log" 2>&1 &
  children+=($!)
  bootstrap=127.0.0.1:$port
  for _ in $(seq 120); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return; sleep 0.5; done
  echo "Kafka did not start: $(tail -5 "$work/kafka.log")" >&2
  exit 1
}

start_postgres() {
  local bin as=() port
  bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
  [ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
  port=$(free_port)
  mkdir "$work/postgres"
  chmod 711 "$work"
  if [ "$(id -u)" = 0 ]; then chown postgres "$work/postgres"; as=(setpriv --reuid=postgres --regid=postgres --clear-groups); fi
  "${as[@]}" "$bin/initdb" -D "$work/postgres/data" -U postgres --encoding=UTF8 --locale=C --auth=trust > "$work/initdb.log" 2>&1
  "${as[@]}" "$bin/postgres" -D "$work/postgres/data" -c port="$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_wal_size=4GB -c max_connections=100 > "$work/postgres.log" 2>&1 &
  children+=($!)
  database="Host=127.0.0.1;Port=$port;Username=postgres;Database=postgres"
  for _ in $(seq 60); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return; sleep 0.5; done
  echo "PostgreSQL did not start: $(tail -5 "$work/postgres.log")" >&2
  exit 1
}
