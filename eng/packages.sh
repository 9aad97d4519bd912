# Sourced by ./plenum. Installs what eng/packages.txt names for a purpose (run, test or bench), or says exactly what to install.

missing_packages() {
  local purpose=$1 name need program
  while read -r name need program; do
    case "$name" in ''|'#'*) continue ;; esac
    [ -z "$program" ] || ! command -v "$program" >/dev/null 2>&1 || continue
    [ "$need" = run ] || [ "$purpose" = "$need" ] || continue
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s ' "$name"
  done < "$root/eng/packages.txt"
}

ensure_packages() {
  local purpose=$1 missing
  command -v dpkg-query >/dev/null 2>&1 || {
    say "this is not a Debian system: install the programs named in eng/packages.txt yourself"
    return 0
  }
  missing=$(missing_packages "$purpose")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    say "some Debian packages are missing; without them tasks run without isolation. To install them:"
    say "    sudo apt-get install --no-install-recommends $missing"
    return 0
  fi
  say "installing Debian packages: $missing"
  local log=$root/artifacts/packages.log
  mkdir -p "$root/artifacts"
  # Some packages start a service when installed; Plenum starts what it needs itself.
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod +x "$policy" && made=1
  fi
  local ok=1
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } \
    > "$log" 2>&1 || ok=
  [ -z "$made" ] || rm -f "$policy"
  [ -n "$ok" ] || die 69 "installing failed; the end of $log says why:" "$(tail -n 5 "$log")"
}
