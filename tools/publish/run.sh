#!/usr/bin/env bash
# Publishes worker, API and simulator as self-contained single files for this machine's kind (or RUNTIME), says how large they are, and how long each takes to start.
#   tools/publish/run.sh [RUNTIME, e.g. linux-arm64]        into artifacts/publish
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here="linux-$(case $(uname -m) in aarch64) echo arm64 ;; *) echo x64 ;; esac)"
runtime=${1:-$here} out=$PWD/artifacts/publish
rm -rf "$out"
for program in Streams Api Simulator; do
  dotnet publish "SmartCity.$program" -c Release -r "$runtime" --self-contained -p:PublishSingleFile=true -o "$out/$program" -v q -nologo
done

echo "program      file, MB   with what lies beside it, MB"
for program in Streams Api Simulator; do
  printf '%-12s %8s %12s\n' "$program" "$(du -m "$out/$program/SmartCity.$program" | cut -f1)" "$(du -sm "$out/$program" | cut -f1)"
done
[ "$runtime" = "$here" ] || exit 0

# Until /health/live answers, with nothing to connect to; the simulator until it has made a second of a city. The median of five.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
median() { sort -n | sed -n 3p; }
now() { date +%s%3N; }
until_it_answers() { # NAME PORT COMMAND…
  local name=$1 port=$2 began pid
  shift 2
  for _ in 1 2 3 4 5; do
    began=$(now)
    "$@" >"$scratch/$name.log" 2>&1 &
    pid=$!
    until (exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET /health/live HTTP/1.0\r\n\r\n' >&3 && head -n 1 <&3 | grep -q ' 200 ') 2>/dev/null; do
      kill -0 $pid 2>/dev/null || { cat "$scratch/$name.log" >&2; exit 1; }
      sleep 0.005
    done
    echo $(($(now) - began))
    kill -KILL $pid
    wait $pid 2>/dev/null || true
  done | median
}
export Kafka__BootstrapServers=127.0.0.1:1 Database__Provider=Sqlite ConnectionStrings__SmartCity="Data Source=$scratch/city.db" Lake__Folder=$scratch
export Streams__StateDirectory=$scratch/state Worker__Port=18081 DOTNET_ENVIRONMENT=Development Api__Port=18000
echo "start, ms:   worker $(until_it_answers worker 18081 "$out/Streams/SmartCity.Streams")   API $(until_it_answers api 18000 "$out/Api/SmartCity.Api")   simulator $(
  for _ in 1 2 3 4 5; do
    began=$(now)
    "$out/Simulator/SmartCity.Simulator" generate --duration 1s --out - >"$scratch/made" 2>&1
    echo $(($(now) - began))
  done | median
)"
