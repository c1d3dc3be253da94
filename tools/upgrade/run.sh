#!/usr/bin/env bash
# A rolling upgrade, from the workers of COMMIT (the last tag, where it is not given) to those of this checkout: under load, one worker after the other, one of them back and forth; then everything is
# compared with the oracle.   tools/upgrade/run.sh [COMMIT]
# Servers come from where the README's table says. Ends with 0 only if nothing is lost, doubled or different.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
from=${1:-$(git describe --tags --abbrev=0 2>/dev/null)} || { echo "There is no tag: name a commit to upgrade from." >&2; exit 64; }
commit=$(git rev-parse --short "$from^{commit}")

scratch=$(mktemp -d -t upgrade-XXXXXX)
trap 'git worktree remove --force "$scratch/source" 2>/dev/null || true; rm -rf "$scratch"' EXIT
git worktree add --quiet --detach "$scratch/source" "$commit"
dotnet publish "$scratch/source/SmartCity.Streams" -c Release -o "$scratch/worker" -v q -nologo
dotnet build SmartCity.Tests -c Release -o "$scratch/tests" -v q -nologo

echo "from $commit to $(git describe --always --dirty)"
CI=true SMARTCITY_UPGRADE_FROM="$scratch/worker/SmartCity.Streams.dll" "$scratch/tests/SmartCity.Tests" --filter "FullyQualifiedName~Worker.UpgradeTests" --no-progress
