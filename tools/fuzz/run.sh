#!/usr/bin/env bash
# Makes up hostile input at length:
#   tools/fuzz/run.sh [--messages N] [--seed S] [--kafka-messages K] [--requests R] [--state-records T]
# N messages of CsCheck's and N that follow the branches which SharpFuzz counts, for the parser, against a naive one; K of them through a real Kafka into a worker, against the oracle; R HTTP requests to every endpoint of the OpenAPI document,
# on PostgreSQL and on SQLite; T changed blocks and T changed changelog records for a window task. Unless given, K is N / 5, R is N / 50 and T is N / 10.
# Servers come from where the README's table says. The exit code is 0 only if nothing disagreed, fell or hung.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

messages=1000000 seed=1 kafka="" requests="" state=""
while (($#)); do
  case "$1" in
    --messages) messages=$2 ;;
    --seed) seed=$2 ;;
    --kafka-messages) kafka=$2 ;;
    --requests) requests=$2 ;;
    --state-records) state=$2 ;;
    *) sed -n '2,6p' "${BASH_SOURCE[0]}"; exit 64 ;;
  esac
  shift 2
done

export CI=true SMARTCITY_TEST_MINUTES=180 SMARTCITY_FUZZ_MESSAGES=$messages SMARTCITY_FUZZ_GUIDED_MESSAGES=$messages SMARTCITY_FUZZ_SEED=$seed
export SMARTCITY_FUZZ_KAFKA_MESSAGES=${kafka:-$((messages / 5))} SMARTCITY_FUZZ_REQUESTS=${requests:-$((messages / 50))} SMARTCITY_FUZZ_STATE_RECORDS=${state:-$((messages / 10))}

# A copy of its own, so that a later build does not change the program under test.
out=$(mktemp -d -t fuzz-XXXXXX)
trap 'rm -rf "$out"' EXIT
dotnet build SmartCity.Tests -c Release -v q -nologo -o "$out"
"$out/SmartCity.Tests" --filter "FullyQualifiedName~SmartCity.Tests.Fuzz" --output Detailed --no-progress
