# Runs one server and ends it when this script's standard input closes: on request, or because the process that
# holds the other end is gone, killed with -9 or not. A shell and not Node, so that it survives `killall -9 node`.
# usage: sh -c "$(cat guard.sh)" kith-guard STOP_SIGNAL LIMIT_SECONDS ORPHAN_SECONDS THROW_AWAY_FOLDER COMMAND ARGUMENT...
# It prints the server's process id; the server's output goes to standard error.
stop_signal=$1
limit=$2
orphan_seconds=$3
throw_away=$4
shift 4
# What is sent to the guard is the parent's business. A ":" and no empty trap: the server would inherit "ignored".
trap : INT HUP TERM
exec 3<&0
"$@" 3<&- >&2 </dev/null &
server=$!
echo "$server"
{
  read -r request <&3
  # Without a request the parent is gone, and its other children get time to finish with this server.
  [ "$request" = stop ] || sleep "$orphan_seconds"
  kill -s "$stop_signal" "$server" 2>/dev/null
  tenths=$((limit * 10))
  while [ "$tenths" -gt 0 ] && kill -0 "$server" 2>/dev/null; do
    sleep 0.1
    tenths=$((tenths - 1))
  done
  kill -s KILL "$server" 2>/dev/null
} >/dev/null &
watcher=$!
# A trapped signal ends "wait" early; only the end of the server counts.
while :; do
  wait "$server"
  status=$?
  kill -0 "$server" 2>/dev/null || break
done
kill -s KILL "$watcher" 2>/dev/null
[ -z "$throw_away" ] || rm -rf "$throw_away" 2>/dev/null
exit "$status"
