#!/usr/bin/env bash
# tryout.sh PROGRAM HOME: runs a built program from an empty folder with nothing of this machine but HOME, and wants its version,
# a server whose pages answer, and an echo through it. TRYOUT_ENV has further variables for it, as NAME=VALUE. A first start may build for
# ten minutes.
set -euo pipefail
program=$1 home=$2
cd "$(mktemp -d)"
away() { env -i HOME="$home" PATH=/usr/bin:/bin ${TRYOUT_ENV:-} "$@"; }
away "$program" version
away "$program" serve -addr 127.0.0.1:0 >out 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null || true' EXIT
for ((i = 0; i < 6000; i++)); do
	url=$(grep -om1 'http://127[^ /]*' out || true)
	[ -z "$url" ] && kill -0 $server 2>/dev/null || break
	sleep 0.1
done
[ -n "$url" ] || { echo "tryout.sh: the server has not said its address:" >&2; cat out >&2; exit 1; }
curl -fsS -o page "$url/" && curl -fsS --compressed -o panel.wasm "$url/panel.wasm"
away "$program" send -url "ws${url#http}/ws/echo" -count 1 hello | grep -q hello
echo "page $(stat -c %s page) bytes, panel.wasm $(stat -c %s panel.wasm) bytes, echo answered"
