#!/usr/bin/env bash
# run.sh BIN [--keep FOLDER] [--port N] [--page_port N] [--server_port N] - the server, the page and the sample
# service on this machine, until Ctrl-C. BIN is Bazel's folder of binaries.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

bin=$1
shift
folder="" port=8080 page_port=7480 server_port=50061
while (($# > 0)); do
  case $1 in
    --keep) folder=${2:?--keep takes a folder} ;;
    --port) port=${2:?--port takes a number} ;;
    --page_port) page_port=${2:?--page_port takes a number} ;;
    --server_port) server_port=${2:?--server_port takes a number} ;;
    *)
      echo "demo: unknown argument $1; there are --keep FOLDER, --port N, --page_port N and --server_port N" >&2
      exit 2
      ;;
  esac
  shift 2
done

pids=() names=()
temporary=""
# shellcheck disable=SC2317 # The trap calls it.
finish() {
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
  wait
  [[ -z $temporary ]] || rm -rf "$temporary"
}
trap finish EXIT
trap 'exit 0' INT TERM

if [[ -z $folder ]]; then
  temporary=$(mktemp -d)
  folder=$temporary
fi
mkdir -p "$folder/stubs"
protoc -Iproto -I/usr/include --plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin --python_out="$folder/stubs" \
  --grpc_out="$folder/stubs" proto/twofold/v1/*.proto

# fail NAME WHAT - says what happened to a program, and the end of its log, which may be deleted with the folder.
fail() {
  echo "demo: $1 $2. The end of its log:" >&2
  tail -n 3 "$folder/$1.log" >&2
  exit 1
}

# start NAME FLAG PORT READY COMMAND... - starts a program and waits until its log says READY. FLAG is the one of this
# script that sets the program's port.
start() {
  local name=$1 flag=$2 at=$3 ready=$4 log=$folder/$1.log
  shift 4
  : >"$log"
  "$@" >"$log" 2>&1 &
  pids+=($!)
  names+=("$name")
  for ((i = 0; i < 300; ++i)); do
    grep -q "$ready" "$log" && return
    kill -0 "${pids[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  if grep -q "cannot listen on .*in use" "$log"; then
    echo "demo: another program has port $at. Choose another port with $flag N." >&2
    exit 1
  fi
  fail "$name" "does not start"
}

page=http://localhost:$page_port
start server --server_port "$server_port" "listening on" "$bin/server/twofold-server" "--listen=127.0.0.1:$server_port" --ops_listen= \
  "--data_dir=$folder/data" "--audit_log=$folder/audit.log" "--issuer=Sample Shop" "--prompt_url=$page" \
  --webauthn_rp_id=localhost "--webauthn_origins=$page" "--sms_carrier=file:$folder/sms.txt" \
  --sms_prefixes=+1,+33,+44,+49
start page --page_port "$page_port" "listening on" "$bin/clients/prompt/twofold-prompt" "--listen=127.0.0.1:$page_port" --ops_listen= \
  "--server=127.0.0.1:$server_port" "--public_url=$page"
start sample --port "$port" "sample service: http" env "PYTHONPATH=$folder/stubs" /usr/bin/python3 -B \
  examples/sample_service/app.py "--port=$port" "--server=127.0.0.1:$server_port"

cat <<END

Open http://127.0.0.1:$port in a browser on this machine.

  1. Sign in as ann with the password "ann's password". (bob has "bob's password".)
  2. Choose Security, and set up a second step. Scan the code with any authenticator app.
  3. Keep the emergency codes.
  4. Sign out, and sign in again with a code, a key or an emergency code.
  5. Choose Security again to add, rename and remove methods.

Codes "by text message" arrive in $folder/sms.txt. Logs are in $folder. Ctrl-C ends the demo.
END
# Not wait -n, which knows nothing of a program that has ended before.
while true; do
  for i in "${!pids[@]}"; do
    kill -0 "${pids[i]}" 2>/dev/null || fail "${names[i]}" "has ended"
  done
  sleep 0.5
done
