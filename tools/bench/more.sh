#!/usr/bin/env bash
# Measures what one drained topic does not show. Each name prints lines of JSON; with none of them all are measured, which takes about half an hour.
#
#   tools/bench/more.sh [--no-build] [live] [city] [query] [scale] [rebalance] [overlap] [sensors] [groups]
#
#   live       1,000 readings/s: from publishing to /query and to /live, with HdrHistogram (SECONDS_EACH=60, PROBE_CITIES=20)
#   city       a million readings a minute: the worker's memory and processor time (SECONDS_EACH=240)
#   query      a day of a city over ROWS=10000000 rows with writes beside; the plan; 100,000 rows as CSV
#   scale      1, 2 and 4 workers drain READINGS=4000000 of 12 partitions
#   rebalance  how long partitions stand still when workers come and go
#   overlap    windows every minute against every five; sensors: 1,000, 20,000, 1,000,000; groups: 25, 250, 10,000 districts
#
# What the programs say goes to LOG, if that names a file. Needs: see servers.sh.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=true names=()
while (($#)); do
  case $1 in
    --no-build) build=false ;;
    live|city|query|scale|rebalance|overlap|sensors|groups) names+=("$1") ;;
    *) sed -n '2,14p' "$0"; exit 2 ;;
  esac
  shift
done
((${#names[@]})) || names=(live city query scale rebalance overlap sensors groups)
. "$root/tools/bench/servers.sh"

if $build; then
  say "building"
  dotnet build "$root/SmartCity.Benchmarks" -c Release -v q -nologo -p:RunAnalyzers=false >&2
  dotnet build "$root/SmartCity.Api" -c Release -v q -nologo -p:RunAnalyzers=false >&2
fi
programs=$root/SmartCity.Benchmarks/bin/Release/net10.0
start_kafka
start_postgres
prefixes=0

bench() { "$programs/SmartCity.Benchmarks" "$@" --bootstrap-servers "$bootstrap" 2>> "${LOG:-$work/more.log}"; }
# Topics of its own.
fresh() { prefixes=$((prefixes + 1)); prefix=more$prefixes.; }
platform() { bench "$@" --database "$database" --worker "$programs/SmartCity.Streams.dll" --api "$root/SmartCity.Api/bin/Release/net10.0/SmartCity.Api.dll"; }
# drain WHAT OPTIONS…: fills topics of its own and has the bare consumer and the engine drain them.
drain() {
  local title=$1
  shift
  fresh
  bench fill --prefix "$prefix" --readings "${READINGS:-4000000}" "$@"
  for what in consume engine; do
    bench "$what" --prefix "$prefix" "$@" | sed "s/^{/{\"of\":\"$title\",/"
  done
}

for name in "${names[@]}"; do
  say "$name"
  case $name in
    live) fresh; platform live --prefix "$prefix" --rate 1000 --warm-up 60 --seconds "${SECONDS_EACH:-60}" --probe-cities "${PROBE_CITIES:-20}" ;;
    city) fresh; platform live --prefix "$prefix" --rate 16667 --seconds "${SECONDS_EACH:-240}" --set "${SETTINGS:-}" ;;
    query) platform query --rows "${ROWS:-10000000}" ;;
    scale)
      fresh
      bench fill --prefix "$prefix" --readings "${READINGS:-4000000}" --partitions 12
      for workers in 1 2 4; do bench scale --prefix "$prefix" --workers "$workers"; done ;;
    rebalance) fresh; bench rebalance --prefix "$prefix" --partitions 12 ;;
    overlap)
      fresh
      bench fill --prefix "$prefix" --readings "${READINGS:-4000000}"
      for advance in 1 5 1 5; do bench engine --prefix "$prefix" --advance "$advance" | sed "s/^{/{\"of\":\"every $advance min\",/"; done ;;
    sensors) for sensors in 1000 20000 1000000; do drain "$sensors sensors" --sensors "$sensors"; done ;;
    groups)
      drain "25 districts" --cities 5 --districts 1
      drain "250 districts" --cities 10 --districts 5
      drain "10,000 districts" --cities 100 --districts 20 ;;
  esac
done
