#!/usr/bin/env bash
# Measures how much processor time a reading takes: a bare consumer, the same with parsing, the engine exactly once, the whole worker, and with --peers Kafka Streams.
# They drain the same topic of a real broker in turn, at least three times each.
#
#   tools/bench/run.sh [--readings 4000000] [--rounds 3] [--peers] [--only "consume parse engine"] [--sensors 20000] [--cities 20] [--districts 10] [--no-build]
#
# It needs KAFKA_HOME (a folder laid out as Apache's distribution; ../shared/servers/kafka is tried) and Java; for the worker PostgreSQL's initdb and postgres on
# PATH or in /usr/lib/postgresql/*/bin; for --peers a JDK and PEERS_HOME, the folder of KafkaStreamsPeer.java (../shared/peers is tried). All servers are its own, on free
# ports of loopback, and end with it. The last line is JSON.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readings=4000000 rounds=3 peers=false build=true only="consume bytes parse engine worker" fill=()
while (($#)); do
  case $1 in
    --readings) readings=$2; shift 2 ;;
    --rounds) rounds=$2; shift 2 ;;
    --peers) peers=true; shift ;;
    --no-build) build=false; shift ;;
    --only) only=$2; shift 2 ;;
    --sensors|--cities|--districts|--partitions|--minutes) fill+=("$1" "$2"); shift 2 ;;
    *) sed -n '2,9p' "$0"; exit 2 ;;
  esac
done

KAFKA_HOME=${KAFKA_HOME:-$root/../shared/servers/kafka}
PEERS_HOME=${PEERS_HOME:-$root/../shared/peers}
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

# Its own line of JSON holds readings, wall_s, cpu_s (from the first reading on) and peak_rss_mb.
kafka_streams() {
  mkdir -p "$work/classes"
  [ -e "$work/classes/KafkaStreamsPeer.class" ] || javac -nowarn -cp "$KAFKA_HOME/libs/*" -d "$work/classes" "$PEERS_HOME/KafkaStreamsPeer.java"
  printf 'rootLogger.level=error\nrootLogger.appenderRef.c.ref=c\nappender.c.type=Console\nappender.c.name=c\nappender.c.target=SYSTEM_ERR\n' > "$work/log4j2.properties"
  # shellcheck disable=SC2086
  java -Xms1g -Xmx1g -XX:+UseParallelGC -Dlog4j2.configurationFile="$work/log4j2.properties" -cp "$work/classes:$KAFKA_HOME/libs/*" KafkaStreamsPeer \
    --bootstrap "$bootstrap" --topic smart-city-sensors --state-dir "$work/peer" ${PEER_OPTIONS:---threads 2 --commit-ms 1000 --cache-mb 64} 2>> "$work/peer.log" |
    sed -nE 's/.*"readings":([0-9]+).*"wall_s":([0-9.]+),"cpu_s":([0-9.]+).*"peak_rss_mb":([0-9]+).*/{"what":"kafka-streams","readings":\1,"wall_s":\2,"cpu_s":\3,"allocated_per_reading":0,"peak_rss_mb":\4,"rows":0}/p'
}

if $build; then
  say "building"
  dotnet build "$root/SmartCity.Benchmarks" -c Release -v q -nologo -p:RunAnalyzers=false >&2
fi
bench=$root/SmartCity.Benchmarks/bin/Release/net10.0/SmartCity.Benchmarks
start_kafka
case $only in *worker*) start_postgres ;; esac
say "filling: $readings readings"
"$bench" fill --bootstrap-servers "$bootstrap" --readings "$readings" "${fill[@]}"

for round in $(seq "$rounds"); do
  for what in $only; do
    say "round $round: $what"
    case $what in
      worker) "$bench" worker --bootstrap-servers "$bootstrap" --database "$database" --worker "$(dirname "$bench")/SmartCity.Streams.dll" 2>> "$work/worker.log" ;;
      *) "$bench" "$what" --bootstrap-servers "$bootstrap" ;;
    esac | tee -a "$work/results.jsonl" >&2
  done
  if $peers; then
    say "round $round: Kafka Streams"
    kafka_streams | tee -a "$work/results.jsonl" >&2
  fi
done
"$bench" table < "$work/results.jsonl"
