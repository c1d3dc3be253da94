#!/usr/bin/env bash
# Looks for known weaknesses in every package that the solution restores, directly or by way of others, and says where the data came from. Ends with 0 when none is known: also when no
# source has such data, which it then says, for the audit has seen nothing.   tools/audit/run.sh [SOLUTION OR PROJECT]
set -euo pipefail
target=$(realpath "${1:-$(dirname "${BASH_SOURCE[0]}")/../../SmartCity.sln}")
cd "$(dirname "$target")" # where nuget.config and Directory.Build.props are looked for
export CI=true DOTNET_NOLOGO=1

# NuGet asks the audit sources of nuget.config, or where there are none the package sources, for the resource VulnerabilityInfo.
mapfile -t sources < <(sed -n '/<auditSources>/,/<\/auditSources>/s/.*value="\([^"]*\)".*/\1/p' nuget.config NuGet.config NuGet.Config 2>/dev/null)
((${#sources[@]})) || mapfile -t sources < <(dotnet nuget list source --format short | sed -n 's/^E //p')
serving=0
for source in "${sources[@]}"; do
  case $source in
    http*) index=$(curl --silent --show-error --fail --max-time 20 "$source" 2>&1) || { echo "audit: $source does not answer: ${index:0:120}"; continue; } ;;
    *) continue ;; # a folder has none
  esac
  if grep -q VulnerabilityInfo <<<"$index"; then serving=$((serving + 1)); else echo "audit: $source serves no data on vulnerabilities"; fi
done

if ! told=$(dotnet restore "$target" --force -v q 2>&1); then
  echo "$told" | sed 's/^ *//' | sort -u
  echo "audit: the packages above have known weaknesses, or cannot be restored"
  exit 1
fi
if ((serving)); then
  echo "audit: no known weakness in any package, direct or transitive, by the data of $serving source(s)"
else
  echo "audit: no source has data on vulnerabilities: nothing was audited"
fi
