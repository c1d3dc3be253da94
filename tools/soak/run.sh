#!/usr/bin/env bash
# A steady load on three workers that are restarted in turn, to see whether anything grows:
#   tools/soak/run.sh [--minutes M] [--rate R] [--out FOLDER] [--built TESTS]
# Servers come from where the README's table says. FOLDER gets soak.csv (a sample every ten seconds) and soak.svg. The exit code is 0 only if every reading was read
# and no worker ended by itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

minutes=45 rate=5000 out="" built=""
while (($#)); do
  case "$1" in
    --minutes) minutes=$2 ;;
    --rate) rate=$2 ;;
    --out) out=$2 ;;
    --built) built=$2 ;;
    *) sed -n '2,5p' "${BASH_SOURCE[0]}"; exit 64 ;;
  esac
  shift 2
done

out=${out:-$(mktemp -d -t soak-XXXXXX)}
mkdir -p "$out"
SMARTCITY_SOAK_FOLDER=$(cd "$out" && pwd)
export CI=true SMARTCITY_SOAK_FOLDER SMARTCITY_SOAK_RATE=$rate SMARTCITY_SOAK_SECONDS=$((minutes * 60)) SMARTCITY_SOAK_RESTART_SECONDS=120 SMARTCITY_SOAK_SAMPLE_SECONDS=10 SMARTCITY_TEST_MINUTES=$((minutes + 60))

# A copy of its own, so that a later build does not change the program under test. TESTS is a folder with such a copy.
if [ -z "$built" ]; then
  built=$SMARTCITY_SOAK_FOLDER/tests
  dotnet build SmartCity.Tests -c Release -v q -nologo -o "$built"
fi

code=0
"$built/SmartCity.Tests" --filter "FullyQualifiedName~Soak.SoakTests" --no-progress || code=$?
echo "$SMARTCITY_SOAK_FOLDER/soak.csv $SMARTCITY_SOAK_FOLDER/soak.svg"
exit "$code"
