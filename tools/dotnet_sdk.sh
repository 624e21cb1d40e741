# Sourced by ./cairn and ./test: finds the .NET 10 SDK.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# Servers that outlive the build would keep the output open.
export MSBUILDDISABLENODEREUSE=1
if [ -z "${HOME:-}" ]; then
  export DOTNET_CLI_HOME="${TMPDIR:-/tmp}"
fi

dotnet_with_sdk_10() {
  local candidate
  for candidate in "${DOTNET_ROOT:-/nowhere}/dotnet" "$(command -v dotnet 2>/dev/null)" "${HOME:-/nowhere}/.dotnet/dotnet" \
    /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet /usr/local/share/dotnet/dotnet /opt/dotnet/dotnet; do
    if [ -n "$candidate" ] && [ -x "$candidate" ] && "$candidate" --list-sdks 2>/dev/null | grep -q '^10\.'; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}

# Prints the path of a dotnet that has a 10.0 SDK. As root with apt, tries to install one where there is none.
find_dotnet_sdk() {
  dotnet_with_sdk_10 && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    printf '%s\n' "No .NET 10 SDK found; trying apt-get install dotnet-sdk-10.0…" >&2
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends dotnet-sdk-10.0; } </dev/null >/dev/null 2>&1
    dotnet_with_sdk_10 && return 0
  fi
  printf '%s\n' "cairn: no .NET 10 SDK found. Install it from https://dotnet.microsoft.com/download/dotnet/10.0 (or your distribution's package dotnet-sdk-10.0) and put dotnet on the PATH or set DOTNET_ROOT." >&2
  return 1
}
