# Sourced by ./plenum. Builds once, and again only when a source changed.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

ensure_sdk() {
  command -v dotnet >/dev/null 2>&1 || die 69 "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download says how to install it"
  dotnet --version >/dev/null 2>&1 || die 69 "no .NET SDK here satisfies global.json (10.0): $(dotnet --list-sdks 2>&1 | tr '\n' ' ')"
}

fingerprint() {
  ( cd "$root" && find "$@" -type f -not -path '*/obj/*' -not -path '*/bin/*' -printf '%p %T@ %s\n' | LC_ALL=C sort | sha256sum | cut -d' ' -f1 )
}

stamp_of() { fingerprint "$@" Directory.Build.props Directory.Packages.props global.json eng .editorconfig; }

# build NAME PROJECT ANALYZERS SOURCES...: builds PROJECT in Release unless SOURCES are as at the last good build.
build() {
  local name=$1 project=$2 analyzers=$3 now stamp log
  shift 3
  now=$(stamp_of "$@")
  stamp=$root/artifacts/$name.stamp
  log=$root/artifacts/build-$name.log
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return 0
  ensure_sdk
  mkdir -p "$root/artifacts"
  say "building (the first time takes one to three minutes; later only what changed)"
  if ! ( cd "$root" && dotnet build "$project" -c Release -m:2 -p:RunAnalyzers="$analyzers" -nologo -v:quiet -clp:NoSummary > "$log" 2>&1 ); then
    grep -E 'error' "$log" | sort -u | head -n 20 >&2
    die 70 "the build failed; $log has all of it"
  fi
  printf '%s\n' "$now" > "$stamp"
}

# Whoever wants a cluster does not wait for the analyzers; whoever tests does.
build_product() { build product eng/product.proj false src; }

build_all() {
  build all Plenum.slnx true src tests bench examples Plenum.slnx
  # The product is part of all: ./plenum up inside a test must not build again.
  stamp_of src > "$root/artifacts/product.stamp"
}
