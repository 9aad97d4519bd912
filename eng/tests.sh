# Sourced by ./plenum. Runs test projects one after the other and ends with one plain count.

run_tests() {
  # Whatever stops a run before its first test, the last line is a count that says so.
  if ! ( ensure_packages test && build_all ); then
    printf '0 passed, 1 failed\n'
    exit 70
  fi
  local project name passed=0 failed=0 skipped=0 log line
  log=$root/artifacts/tests
  mkdir -p "$log"
  for project in "$root"/tests/*/*.csproj; do
    name=$(basename "$project" .csproj)
    if [ $# -gt 0 ]; then
      local wanted= word
      for word in "$@"; do case "${name,,}" in *"${word,,}"*) wanted=1 ;; esac; done
      [ -n "$wanted" ] || continue
    fi
    printf '%s\n' "== $name"
    ( cd "$root" && dotnet test "$(dirname "$project")/bin/Release/net10.0/$name.dll" --nologo \
        --logger 'console;verbosity=minimal' --blame-hang-timeout 10m < /dev/null ) > "$log/$name.log" 2>&1
    local code=$?
    line=$(grep -a -E '^(Passed|Failed|Skipped)! ' "$log/$name.log" | tail -n 1)
    if [ -z "$line" ]; then
      cat "$log/$name.log"
      printf '%s\n' "$name ran no test (exit code $code)"
      failed=$((failed + 1))
      continue
    fi
    printf '%s\n' "$line"
    local f p s
    f=$(sed -E 's/.*Failed: *([0-9]+).*/\1/' <<< "$line")
    p=$(sed -E 's/.*Passed: *([0-9]+).*/\1/' <<< "$line")
    s=$(sed -E 's/.*Skipped: *([0-9]+).*/\1/' <<< "$line")
    failed=$((failed + f)) passed=$((passed + p)) skipped=$((skipped + s))
    # A test host that crashed after its last test still fails the run.
    [ "$code" = 0 ] || [ "$f" != 0 ] || failed=$((failed + 1))
    [ "$code" = 0 ] || grep -avE '^(VSTest|Starting test|A total of)' "$log/$name.log"
    [ "$s" = 0 ] || grep -aE 'SKIP' "$log/$name.log"
  done
  [ $((passed + failed)) -gt 0 ] || die 64 "no test project matches: $*"
  [ "$skipped" = 0 ] || printf '%s\n' "$skipped skipped; the reasons stand above"
  printf '%s passed, %s failed\n' "$passed" "$failed"
  [ "$failed" = 0 ]
}

run_benchmarks() {
  # A peer is installed only where it is asked for by name; without it its benchmark has no rows.
  case " $* " in *' podman '*) ensure_packages bench ;; *) ensure_packages run ;; esac
  build_all
  exec "$root/bench/Plenum.Benchmarks/bin/Release/net10.0/plenum-bench" "$@"
}
