# Sourced by ./plenum. Starts and stops the cluster of this machine.
#
# One supervisor (a shell loop, a few MB) keeps plenumd running: a plenumd that was killed is started
# again within a second and finds its containers alive. The supervisor ends when it is asked to.

state_directory() {
  if [ -n "${PLENUM_STATE:-}" ]; then printf '%s' "$PLENUM_STATE"
  elif [ "$(id -u)" = 0 ]; then printf /var/lib/plenum
  else printf '%s' "${XDG_DATA_HOME:-$HOME/.local/share}/plenum"
  fi
}

# True when the process of a pid file lives and is ours (a recycled pid is not).
alive() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 1
  [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | grep -q "$2"
}

cluster_up() {
  local state run plenumd ready supervisor word
  state=$(state_directory)
  run=$state/run
  plenumd=$root/src/Plenum.Server/bin/Release/net10.0/plenumd
  for word in "$@"; do
    case "$word" in -h|-\?|--help) build_product; exec "$plenumd" up --help ;; esac
  done
  ensure_packages run
  build_product
  mkdir -p "$run" "$state/logs" || die 73 "cannot create $state: run as root, or set PLENUM_STATE to a directory of yours"
  exec 7> "$run/up.lock"
  flock -w 120 7 || die 75 "another ./plenum up has been starting the cluster for two minutes; see $state/logs"
  if alive "$run/supervisor.pid" supervise; then
    say "already running (state in $state)"
    "$plenumd" where --state "$state"
    return 0
  fi
  ready=$run/ready.$$
  rm -f "$run"/ready.* "$run/stop"
  local log=$state/logs/plenumd.log
  local before
  before=$(stat -c %s "$log" 2>/dev/null || echo 0)
  mkfifo "$ready" || die 73 "cannot create $ready"
  # 7>&-: the supervisor must not hold the lock of this start.
  PLENUM_READY=$ready setsid "$root/eng/supervise" "$run" "$log" "$plenumd" up --state "$state" "$@" \
    < /dev/null > /dev/null 2>&1 7>&- &
  supervisor=$!
  # The first line comes from plenumd when every API answers, or from the supervisor when it gave up.
  local line=
  if ! read -r -t 60 line < <(timeout 60 cat "$ready"); then line="failed no answer within 60 s"; fi
  rm -f "$ready"
  case "$line" in
    ready*)
      start_more_agents "$run" "$state" "$plenumd" "$@"
      say "the cluster is up (state in $state)"
      "$plenumd" where --state "$state"
      ;;
    *)
      kill "$supervisor" 2>/dev/null
      say "the cluster did not start: ${line#failed }"
      why_not "$log" "$before" >&2
      return 70
      ;;
  esac
}

# why_not LOG SIZE: what a start that failed wrote after SIZE bytes of the log: its critical lines, or else its last ones.
why_not() {
  local size
  size=$(stat -c %s "$1" 2>/dev/null || echo 0)
  # A log that shrank was rotated: all of it is of this start.
  [ "$size" -ge "$2" ] || set -- "$1" 0
  tail -c +$(($2 + 1)) "$1" | grep -a ' crit: ' | sort -u -k 2 | tail -n 3 | grep . || tail -c +$(($2 + 1)) "$1" | tail -n 12
  printf '%s\n' "$1 has all of it"
}

# The second and later agents of --agents N: a process and a supervisor each, so that each can be killed alone.
start_more_agents() {
  local run=$1 state=$2 plenumd=$3 count=1 number words=()
  shift 3
  while [ $# -gt 0 ]; do
    case "$1" in
      --agents) count=${2:-1}; words+=("$1" "${2:-}"); shift ;;
      --agents=*) count=${1#*=}; words+=("$1") ;;
      # Marathon's and Metronome's alone: an agent does not know them.
      --marathon-port|--metronome-port|--mesos-bridge-name|--mesos_bridge_name|--default-network-name|--default_network_name) shift ;;
      --marathon-port=*|--metronome-port=*|--mesos-bridge-name=*|--mesos_bridge_name=*|--default-network-name=*|--default_network_name=*) ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  for ((number = 2; number <= count; number++)); do
    mkdir -p "$run/agent-$number"
    rm -f "$run/agent-$number/stop"
    setsid "$root/eng/supervise" "$run/agent-$number" "$state/logs/agent-$number.log" \
      "$plenumd" agent --state "$state" --number "$number" "${words[@]}" < /dev/null > /dev/null 2>&1 7>&- &
  done
}

# stop_supervisor RUN_DIRECTORY: asks it to end and waits until it has.
stop_supervisor() {
  local pid
  alive "$1/supervisor.pid" supervise || return 0
  pid=$(cat "$1/supervisor.pid")
  : > "$1/stop"
  kill -TERM "$pid" 2>/dev/null
  # tail --pid ends when the supervisor has.
  timeout 60 tail --pid="$pid" -f /dev/null || die 70 "the cluster did not stop within 60 s; the logs beside $1 say why"
  rm -f "$1/supervisor.pid" "$1/stop"
}

cluster_down() {
  local state run plenumd
  state=$(state_directory)
  run=$state/run
  plenumd=$root/src/Plenum.Server/bin/Release/net10.0/plenumd
  [ -x "$plenumd" ] || build_product
  if [ -d "$run" ]; then
    exec 7> "$run/up.lock"
    flock -w 120 7 || die 75 "a ./plenum up is still starting the cluster; try again when it is done"
  fi
  alive "$run/supervisor.pid" supervise || say "no cluster is running (state in $state); removing what a crash may have left"
  local part
  for part in "$run"/agent-*/ "$run"; do
    [ ! -d "$part" ] || stop_supervisor "${part%/}"
  done
  "$plenumd" clean --state "$state" || die 70 "some containers could not be removed; see above"
  say "down; the state stays in $state"
}
