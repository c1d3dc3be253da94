#!/usr/bin/env bash
# Measures how much processor time a reading takes: a bare consumer, the same with parsing, the engine exactly once, the whole worker, and with --peers Kafka Streams.
# They drain the same topic of a real broker in turn, at least three times each.
#
#   tools/bench/run.sh [--readings 4000000] [--rounds 3] [--peers] [--only "consume parse engine"] [--sensors 20000] [--cities 20] [--districts 10] [--no-build]
#   tools/bench/run.sh --guard      for CI: fails where the engine falls below a twentieth of the bare consumer or allocates more than 450 bytes a reading
#
# It needs KAFKA_HOME (a folder laid out as Apache's distribution; ../shared/servers/kafka is tried) and Java; for the worker PostgreSQL's initdb and postgres on
# PATH or in /usr/lib/postgresql/*/bin; for --peers a JDK and PEERS_HOME, the folder of KafkaStreamsPeer.java (../shared/peers is tried). All servers are its own, on free
# ports of loopback, and end with it. The last line is JSON.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readings=4000000 rounds=3 peers=false build=true only="consume bytes parse engine worker" fill=() bounds=()
while (($#)); do
  case $1 in
    --readings) readings=$2; shift 2 ;;
    --rounds) rounds=$2; shift 2 ;;
    --peers) peers=true; shift ;;
    --no-build) build=false; shift ;;
    --guard) readings=2000000 rounds=3 only="consume engine" bounds=(--least-ratio 0.05 --most-allocated 450); shift ;;
    --only) only=$2; shift 2 ;;
    --sensors|--cities|--districts|--partitions|--minutes) fill+=("$1" "$2"); shift 2 ;;
    *) sed -n '2,10p' "$0"; exit 2 ;;
  esac
done

PEERS_HOME=${PEERS_HOME:-$root/../shared/peers}
. "$root/tools/bench/servers.sh"

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
"$bench" table "${bounds[@]}" < "$work/results.jsonl"
