#!/usr/bin/env bash
# Tests, builds and deploys this repository to Vercel, then asks the deployment for its health.

set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly repository=${here%/*}

usage() {
  cat <<'TEXT'
Usage: deploy-vercel.sh [--production | --staging | --preview | --help]

  (no option)    the same as --production
  --production   deploy to production (asks for yes)
  --staging      deploy a preview that reports itself as staging
  --preview      deploy a preview
  --help         this text

Needs node, npm, git, curl and the vercel command; who runs it is signed in, or VERCEL_TOKEN is set.
Exit status: 0 deployed and healthy, 1 not done, 2 wrong usage.
TEXT
}

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

ask() {
  local answer=""
  if [[ -t 0 ]]; then
    read -r -p "$1 " answer || true
  else
    printf '%s\n' "$1"
    read -r answer || true
  fi
  [[ $answer == "$2" ]]
}

step() {
  printf '\n== %s\n' "$*"
}

check_tools() {
  local program
  for program in node npm git curl vercel; do
    command -v "$program" > /dev/null || fail "$program is not installed, or not on the PATH"
  done
}

check_tree() {
  step "Working tree"
  local changed
  changed=$(git status --porcelain) || fail "this is no git repository"
  if [[ -n $changed ]]; then
    printf '%s\n' "$changed"
    ask "There are uncommitted changes. Continue anyway? (yes/no)" yes || fail "the working tree is not clean"
  else
    printf 'clean, commit %s\n' "$commit"
  fi
}

run_tests() {
  step "Tests"
  if ! npm run test; then
    ask "The tests failed. Continue anyway? (yes/no)" yes || fail "the tests failed"
  fi
}

run_build() {
  step "Build"
  npm run build || fail "the build failed"
  [[ -f dist/index.html ]] || fail "the build left no dist/index.html"
}

deploy() {
  step "Deployment ($target)"
  local -a options=(--yes --meta "githubCommitSha=$commit" --env "COMMIT_SHA=$commit" --env "RELEASE=$release")
  case $target in
    production) options+=(--prod) ;;
    staging) options+=(--meta environment=staging --env VITE_SENTRY_ENVIRONMENT=staging) ;;
  esac
  # The command writes the address to standard output and everything else to standard error.
  url=$(vercel deploy "${options[@]}") || fail "vercel deploy failed"
  url=$(printf '%s\n' "$url" | grep -Eo 'https?://[^[:space:]]+' | tail -n 1) || fail "vercel gave no address"
  printf 'Deployment URL: %s\n' "$url"
}

check_health() {
  step "Health"
  "$here/healthcheck.sh" "$url" --commit "$commit" --timeout 120 || fail "the deployment is not healthy: $url"
}

target=production
case ${1-} in
  "" | --production) ;;
  --staging) target=staging ;;
  --preview) target=preview ;;
  --help) usage; exit 0 ;;
  *) printf 'deploy-vercel.sh: unknown option: %s\n' "$1" >&2; usage >&2; exit 2 ;;
esac
(($# <= 1)) || { usage >&2; exit 2; }

cd -- "$repository"
check_tools
commit=$(git rev-parse HEAD) || fail "this is no git repository"
release="logos-vision-crm@$(node -p 'require("./package.json").version')"
url=""

if [[ $target == production ]]; then
  ask "This deploys $release to PRODUCTION. Type yes to go on:" yes || fail "cancelled, nothing was deployed"
fi
check_tree
[[ -d node_modules ]] || npm ci || fail "npm ci failed"
run_tests
run_build
deploy
check_health
printf '\nDeployed %s (%s) to %s: %s\n' "$release" "${commit:0:12}" "$target" "$url"
