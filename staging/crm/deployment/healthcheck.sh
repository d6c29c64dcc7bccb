#!/usr/bin/env bash
# Asks an address for its health until it is good. Exit status: 0 good, 1 not good in time, 2 wrong usage.

set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: healthcheck.sh URL [--commit SHA] [--timeout SECONDS]

  URL            the application's address; /health is asked for
  --commit SHA   it must be this build that answers
  --timeout N    give up after N seconds (60)
TEXT
}

url=""
commit=""
timeout_s=60
while (($# > 0)); do
  case $1 in
    --help) usage; exit 0 ;;
    --commit | --timeout)
      (($# >= 2)) || { usage >&2; exit 2; }
      if [[ $1 == --commit ]]; then commit=$2; else timeout_s=$2; fi
      shift 2
      ;;
    -*) usage >&2; exit 2 ;;
    *) url=${1%/}; shift ;;
  esac
done
[[ -n $url && $timeout_s =~ ^[0-9]+$ ]] || { usage >&2; exit 2; }

deadline=$((SECONDS + timeout_s))
problem="it was not asked"
while true; do
  if body=$(curl --silent --show-error --fail --max-time 10 "$url/health" 2>&1); then
    # The page of the application also answers with 200; only the health itself is JSON of this shape.
    if [[ ! $body =~ ^\{\"status\":\"ok\" ]]; then
      problem="it is no health answer: ${body:0:80}"
    elif [[ -n $commit && $body != *"\"commit\":\"$commit"* ]]; then
      problem="another build answers: ${body:0:160}"
    else
      printf 'Healthy: %s\n' "$body"
      exit 0
    fi
  else
    problem=$body
  fi
  ((SECONDS < deadline)) || break
  sleep 2
done
printf 'Not healthy after %s s: %s/health: %s\n' "$timeout_s" "$url" "$problem" >&2
exit 1
