#!/usr/bin/env bash
# Installs the programs that the tests start by themselves: Redis, PostgreSQL, PgBouncer and Chromium (`npm run test:setup`).
# What is already there is left alone. On Debian and Ubuntu it uses apt-get; elsewhere it says what is missing.
set -euo pipefail

has_redis() { command -v redis-server >/dev/null; }

# Debian keeps PostgreSQL's server programs out of PATH, in a folder for each version.
has_postgresql() {
  local program
  for program in "$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb; do
    if [ -x "$program" ]; then return 0; fi
  done
  return 1
}

# Debian keeps it in a folder that only root has in PATH.
has_pgbouncer() { PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v pgbouncer >/dev/null; }

# The places are those of test/support/find-chromium.ts.
has_chromium() {
  local program
  if [ -n "${CHROMIUM_PATH:-}" ]; then
    [ -x "$CHROMIUM_PATH" ]
    return
  fi
  for program in /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if [ -x "$program" ]; then return 0; fi
  done
  return 1
}

list_missing() {
  has_redis || echo redis-server
  has_postgresql || echo postgresql
  has_pgbouncer || echo pgbouncer
  has_chromium || echo chromium
}

# Words in strings rather than arrays: macOS still has a bash that knows no mapfile.
missing=$(list_missing | xargs)
if [ -z "$missing" ]; then
  echo 'Redis, PostgreSQL, PgBouncer and Chromium are already installed: nothing to do. Run the tests with `npm test`.'
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "Missing for the tests: $missing." >&2
  echo 'This script installs with apt-get, which this system does not have. Install them with its own package' >&2
  echo 'manager (a Chromium in an unusual place is named by CHROMIUM_PATH), then run `npm test`.' >&2
  exit 1
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing for the tests: $missing. Installing them needs root, and there is no sudo here." >&2
    echo "As root: apt-get update && apt-get install $missing" >&2
    exit 1
  fi
  as_root=sudo
fi

# The tests start their own servers, on free ports and in temporary folders. So the packages start no services now
# (policy-rc.d says no for the time of the installation), and PostgreSQL makes no cluster that would start at each boot.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '$as_root rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
fi
cluster_settings=/etc/postgresql-common/createcluster.conf
if [[ " $missing " == *' postgresql '* && ! -e "$cluster_settings" ]]; then
  $as_root mkdir -p "$(dirname "$cluster_settings")"
  echo 'create_main_cluster = false' | $as_root tee "$cluster_settings" >/dev/null
fi

echo "Installing $missing …"
$as_root apt-get update -qq || echo 'apt-get update failed; going on with the package lists that are there.'
packages=$missing
# Ubuntu calls its Chromium otherwise.
if ! has_chromium && ! apt-cache show chromium >/dev/null 2>&1; then
  packages=${packages/%chromium/chromium-browser}
fi
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages

still_missing=$(list_missing | xargs)
if [ -n "$still_missing" ]; then
  echo "Still missing after the installation: $still_missing." >&2
  echo 'A Chromium or Chrome in another place is named by CHROMIUM_PATH.' >&2
  exit 1
fi
echo "Installed $missing; no service was started. Run the tests with \`npm test\`."
