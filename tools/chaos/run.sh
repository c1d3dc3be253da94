#!/usr/bin/env bash
# Breaks the platform on purpose and shows that nothing is lost, doubled or different:
#   tools/chaos/run.sh --faults N --seed S [--minutes M] [--rate R] [--out FOLDER] [--built TESTS]
# Servers come from where the README's table says (KAFKA_HOME, VERSITYGW, TOXIPROXY, PostgreSQL's binaries); all four must be this machine's own, to be killed. As root
# on Linux disks are filled. The log of the campaign and of every worker goes to FOLDER.
# The last line is the report as JSON; the exit code is 0 only if lost, doubled and differing are 0.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

faults=100 seed=1 minutes="" rate=2000 out="" built=""
while (($#)); do
  case "$1" in
    --faults) faults=$2 ;;
    --seed) seed=$2 ;;
    --minutes) minutes=$2 ;;
    --rate) rate=$2 ;;
    --out) out=$2 ;;
    --built) built=$2 ;;
    *) sed -n '2,6p' "${BASH_SOURCE[0]}"; exit 64 ;;
  esac
  shift 2
done

out=${out:-$(mktemp -d -t chaos-XXXXXX)}
mkdir -p "$out"
export CI=true SMARTCITY_CHAOS_FAULTS=$faults SMARTCITY_CHAOS_SEED=$seed SMARTCITY_CHAOS_RATE=$rate SMARTCITY_CHAOS_FOLDER
SMARTCITY_CHAOS_FOLDER=$(cd "$out" && pwd)
# Unless told otherwise, a fault every eight seconds.
SMARTCITY_CHAOS_SECONDS=$([ -n "$minutes" ] && echo $((minutes * 60)) || echo $((faults * 8)))
export SMARTCITY_CHAOS_SECONDS SMARTCITY_TEST_MINUTES=$((SMARTCITY_CHAOS_SECONDS / 60 + 60))

# A copy of its own, so that a later build does not change the program under test. TESTS is a folder with such a copy.
if [ -z "$built" ]; then
  built=$SMARTCITY_CHAOS_FOLDER/tests
  dotnet build SmartCity.Tests -c Release -v q -nologo -o "$built" >&2
fi

code=0
"$built/SmartCity.Tests" --filter "FullyQualifiedName~Chaos.CampaignTests.Nothing_is_lost" --no-progress >&2 || code=$?
cat "$SMARTCITY_CHAOS_FOLDER/report.json" && echo || code=1
exit "$code"
