# Read by the scripts beside it: finds the project, asks for the password, builds the address.

find_address() {
  local url password
  url=$(sed -n 's/^LEDGERLY_PROJECT_URL=//p' config/live.env | tail -n 1)
  [[ $url =~ ^https://([a-z0-9]+)\.supabase\.co$ ]] || { echo "no project in config/live.env" >&2; exit 1; }
  read -r -s -p "DB password (ledgerly): " password
  printf '\n'
  address="postgresql://postgres:$password@db.${BASH_REMATCH[1]}.supabase.co:5432/postgres"
}
