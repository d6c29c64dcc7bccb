#!/usr/bin/env bash
# Applies, backs up or takes back the database migrations of this folder. See README.md.

set -euo pipefail
umask 077

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly log_folder="$here/logs"
readonly backup_folder="$here/backups"
# Schemas that Supabase manages: they are in the platform's own backups, and not ours to restore.
readonly managed_schemas=(
  _analytics _realtime _supavisor auth cron extensions graphql graphql_public net pgbouncer pgmq
  pgsodium pgsodium_masks realtime storage supabase_functions supabase_migrations vault
)

log_file=""
partial_backup=""
database_url=""

usage() {
  cat <<'TEXT'
Usage: migrate.sh [--dry-run | --backup | --rollback [NNN] | --help]

  (no option)       apply the migrations that are not recorded yet, in order
  --dry-run         say what would be applied; change nothing
  --backup          save the database to backups/, and read the file back to its end
  --rollback NNN    take back migration NNN and every later one, newest first
  --rollback        take back all migrations (asks for yes)
  --help            this text

The project is read from VITE_SUPABASE_URL in ../.env.production, else ../.env.local.
The database password is asked for. Exit status: 0 all done, 1 not done, 2 wrong usage.
TEXT
}

say() {
  if [[ -n $log_file ]]; then
    printf '%s\n' "$*" | tee -a -- "$log_file"
  else
    printf '%s\n' "$*"
  fi
}

fail() {
  say "FAILED: $*" >&2
  exit 1
}

finish() {
  local status=$?
  if [[ -n $partial_backup ]]; then
    rm -f -- "$partial_backup"
  fi
  if [[ -n $log_file ]]; then
    say "Log file saved: $log_file" || true
  fi
  exit "$status"
}

# The last assignment wins, as in the shell; quotes and a comment after the value are taken off.
value_in_env_file() {
  local file=$1 name=$2 line value="" found=1
  while IFS= read -r line || [[ -n $line ]]; do
    line=${line%$'\r'}
    if [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?"$name"[[:space:]]*=[[:space:]]*(.*)$ ]]; then
      value=${BASH_REMATCH[2]}
      case $value in
        \"*) value=${value#\"} value=${value%%\"*} ;;
        \'*) value=${value#\'} value=${value%%\'*} ;;
        *) value=${value%%[[:space:]]*} ;;
      esac
      found=0
    fi
  done < "$file"
  printf '%s' "$value"
  return "$found"
}

find_project() {
  local env_file url
  if [[ -f $here/../.env.production ]]; then
    env_file=$here/../.env.production
  elif [[ -f $here/../.env.local ]]; then
    env_file=$here/../.env.local
  else
    fail "there is neither .env.production nor .env.local in $(dirname -- "$here")"
  fi
  url=$(value_in_env_file "$env_file" VITE_SUPABASE_URL) \
    || fail "VITE_SUPABASE_URL is not set in $(basename -- "$env_file")"
  if [[ ! $url =~ ^https://([a-z0-9][a-z0-9-]*)\.supabase\.co/?$ ]]; then
    fail "VITE_SUPABASE_URL in $(basename -- "$env_file") is not https://<project ref>.supabase.co"
  fi
  # The password is not in it: an address can be seen in the list of processes.
  database_url="postgresql://postgres@db.${BASH_REMATCH[1]}.supabase.co:5432/postgres?sslmode=require"
  say "Project: ${BASH_REMATCH[1]} (from $(basename -- "$env_file"))"
}

need() {
  local program
  for program in "$@"; do
    command -v "$program" > /dev/null || fail "$program is not installed, or not on the PATH"
  done
}

ask_password() {
  local password=""
  if [[ -t 0 ]]; then
    read -r -s -p "Enter database password: " password || true
    printf '\n'
  else
    printf 'Enter database password: \n'
    read -r password || true
  fi
  [[ -n $password ]] || fail "no password was given"
  export PGPASSWORD=$password
  export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-15}
  export PGAPPNAME=migrate.sh
}

start_log() {
  mkdir -p -- "$log_folder"
  log_file=$log_folder/migration_$(date -u +%Y%m%d_%H%M%S).log
  say "migrate.sh $* at $(date -u +%Y-%m-%dT%H:%M:%SZ)"
}

# One value of the database; what psql complains about goes to the screen and to the log.
ask_database() {
  psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$1" "$database_url" < /dev/null \
    2> >(if [[ -n $log_file ]]; then tee -a -- "$log_file" >&2; else cat >&2; fi)
}

applied_versions() {
  local ledger
  ledger=$(ask_database "SELECT to_regclass('public.schema_migrations') IS NOT NULL") || return 1
  if [[ $ledger == t ]]; then
    ask_database "SELECT version FROM public.schema_migrations ORDER BY version"
  fi
}

is_line_of() {
  [[ $'\n'$2$'\n' == *$'\n'$1$'\n'* ]]
}

# Every file begins and commits its own transactions (001 builds indexes outside of one), so psql
# adds none; it stops at the first error.
run_file() {
  psql -X -v ON_ERROR_STOP=1 -f "$1" "$database_url" < /dev/null 2>&1 | tee -a -- "$log_file"
}

migration_files() {
  local file
  for file in "$here"/migration-[0-9][0-9][0-9]-*.sql; do
    if [[ -f $file && $file != *-rollback.sql ]]; then
      printf '%s\n' "$file"
    fi
  done
}

version_of() {
  local name=${1##*/migration-}
  printf '%s' "${name:0:3}"
}

migrate() {
  local mode=$1 applied file version count=0
  applied=$(applied_versions) || fail "the list of applied migrations could not be read"

  while IFS= read -r file; do
    count=$((count + 1))
    version=$(version_of "$file")
    if is_line_of "$version" "$applied"; then
      say "Migration $version is already applied"
    elif [[ $mode == dry-run ]]; then
      say "Would apply migration $version: ${file##*/}"
    else
      say "Applying migration $version: ${file##*/}"
      run_file "$file" || fail "migration $version: ${file##*/}; nothing after it was run"
      applied=$(applied_versions) || fail "migration $version: the list of applied migrations could not be read"
      is_line_of "$version" "$applied" || fail "migration $version: ${file##*/} did not record itself"
      say "Migration $version completed"
    fi
  done < <(migration_files)

  ((count > 0)) || fail "no migration files in $here"
  if [[ $mode == dry-run ]]; then
    say "Dry run: nothing was changed"
  else
    say "All migrations completed"
  fi
}

back_up() {
  local schema target tables size
  local -a leave_out=()
  for schema in "${managed_schemas[@]}"; do
    leave_out+=(--exclude-schema="$schema")
  done
  mkdir -p -- "$backup_folder"
  chmod 700 "$backup_folder"
  target=$backup_folder/backup_$(date -u +%Y%m%d_%H%M%S).dump
  [[ ! -e $target ]] || fail "$target exists already"
  partial_backup=$target.partial

  pg_dump --format=custom --lock-wait-timeout=30s --no-publications --no-subscriptions "${leave_out[@]}" \
    --file="$partial_backup" "$database_url" < /dev/null 2>&1 | tee -a -- "$log_file" \
    || fail "pg_dump could not save the database"
  # Reads all data to the end; the table of contents alone would not notice a damaged file.
  pg_restore --file=/dev/null "$partial_backup" 2>&1 | tee -a -- "$log_file" \
    || fail "the backup cannot be read back"
  tables=$(pg_restore --list "$partial_backup" | grep -c ' TABLE DATA ') || true
  ((tables > 0)) || fail "the backup holds no table"

  mv -- "$partial_backup" "$target"
  partial_backup=""
  size=$(wc -c < "$target")
  say "Backup saved to: $target"
  say "Backup size: $((size)) bytes, $tables tables"
}

# Every rollback file can be repeated, so all are run, recorded or not: one that stopped half-way is
# not recorded.
roll_back() {
  local number=$1 answer="" file version script versions=""
  while IFS= read -r file; do
    version=$(version_of "$file")
    if [[ ! $version < ${number:-000} ]]; then
      versions+="$version "
      script=$here/migration-$version-rollback.sql
      [[ -f $script ]] || fail "migration $version has no rollback file: ${script##*/}"
    fi
  done < <(migration_files | sort -r)
  [[ -n $versions ]] || fail "there is no migration ${number:-000} or later"

  if [[ -z $number ]]; then
    say "This takes back the migrations ${versions% }. What was written into them is lost."
    if [[ -t 0 ]]; then
      read -r -p "Type yes to go on: " answer || true
    else
      printf 'Type yes to go on: \n'
      read -r answer || true
    fi
    [[ $answer == yes ]] || fail "rollback cancelled, nothing was changed"
  fi

  for version in $versions; do
    script=$here/migration-$version-rollback.sql
    say "Rolling back migration $version: ${script##*/}"
    run_file "$script" || fail "rollback of migration $version: ${script##*/}; earlier ones are still applied"
    say "Rollback $version completed"
  done
  say "All rollbacks completed"
}

main() {
  local action=${1-} number=""
  case $action in
    "" | --dry-run | --backup | --help)
      (($# <= 1)) || { usage >&2; exit 2; }
      ;;
    --rollback)
      number=${2:-}
      if (($# > 2)) || [[ -n $number && ! $number =~ ^[0-9]{3}$ ]]; then
        usage >&2
        exit 2
      fi
      [[ -z $number || -f $here/migration-$number-rollback.sql ]] || fail "there is no migration $number"
      ;;
    *)
      printf 'migrate.sh: unknown option: %s\n' "$action" >&2
      usage >&2
      exit 2
      ;;
  esac

  trap finish EXIT
  case $action in
    --help)
      usage
      ;;
    --dry-run)
      need psql
      find_project
      ask_password
      migrate dry-run
      ;;
    --backup)
      need pg_dump pg_restore
      start_log "$@"
      find_project
      ask_password
      back_up
      ;;
    --rollback)
      need psql
      start_log "$@"
      find_project
      ask_password
      roll_back "$number"
      ;;
    "")
      need psql
      start_log "$@"
      find_project
      ask_password
      migrate apply
      ;;
  esac
}

main "$@"
