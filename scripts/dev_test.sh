#!/usr/bin/env bash
# Tests of ./dev and .ci/run with stand-ins for the tools that they call: each writes its arguments to $calls.
# shellcheck disable=SC2317 # expect calls the functions that look unused.
set -uo pipefail
root=$PWD
work=$(mktemp -d "${TEST_TMPDIR:-${TMPDIR:?}}/dev.XXXXXX")
calls=$work/calls
failed=0

# stand_in NAME SCRIPT - what it runs after it has noted the call.
stand_in() {
  printf '#!/bin/bash\necho "%s $*" >>"%s"\n%s\n' "$1" "$calls" "$2" >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}

# A copy of the scripts in a tree of its own, on a machine that has everything but $1.
new_machine() {
  rm -rf "${work:?}/tree" "${work:?}/bin" "$calls"
  mkdir -p "$work/tree/.ci" "$work/tree/tests/browser" "$work/bin"
  : | tee "$work/tree/tests/browser/package.json" >"$work/tree/tests/browser/package-lock.json"
  cp "$root/dev" "$work/tree/"
  cp "$root/.ci/run" "$work/tree/.ci/"
  cp -rL "$root/scripts" "$work/tree/"
  : >"$calls"
  stand_in dpkg-query "for p in \"\${@:4}\"; do [[ \" $1 \" == *\" \$p \"* ]] || echo \"\$p installed\"; done"
  stand_in apt-get ''
  stand_in sudo '"$@"'
  stand_in bazel 'exit 0'
  stand_in node ''
  stand_in npm ''
}

# run COMMAND... - its output in $out, its status in $code.
run() {
  out=$(cd "$work/tree" && PATH=$work/bin:$PATH HOME=$work "$@" 2>&1)
  code=$?
}

expect() {
  local what=$1
  shift
  if ! "$@"; then
    echo "FAILED: $what (code $code, output: $out, calls: $(cat "$calls"))"
    failed=1
  fi
}

last_line() { [[ $(tail -n 1 <<<"$out") == "$1" ]]; }
called() { grep -q -- "$1" "$calls"; }
not() { ! "$@"; }
not_called() { ! called "$1"; }

new_machine ''
run ./dev
expect 'help is what it says without a command' grep -q '^usage: ./dev COMMAND' <<<"$out"
for command in serve demo build test soak package try-debian test-imports lint fuzz bench help; do
  expect "help names $command" grep -q "^  $command" <<<"$out"
done

# on_release ID VERSION COMMAND... - what ./dev COMMAND says on that release.
on_release() {
  printf 'ID=%s\nVERSION_ID="%s"\nPRETTY_NAME="Name of it"\n' "$1" "$2" >"$work/os-release"
  run env TWOFOLD_OS_RELEASE="$work/os-release" ./dev "${@:3}"
}
on_release debian 12 build
expect 'nothing is said on Debian 12' not grep -q 'tried' <<<"$out"
on_release debian 13 build
expect 'nothing is said on Debian 13' not grep -q 'tried' <<<"$out"
on_release debian 13 lint
expect 'lint says what it lacks on Debian 13' last_line 'dev: lint needs clang 16, which Debian 12 has and Name of it has not.'
expect 'and ends' test "$code" = 1
on_release ubuntu 24.04 build
expect 'another release was not tried' grep -q 'This is Name of it, on which it was not tried' <<<"$out"
expect 'and is tried all the same' called '^bazel build'

run ./dev tset
expect 'an unknown command ends with 2' test "$code" = 2
expect 'an unknown command is named' grep -q "no command 'tset'" <<<"$out"

run ./dev test-imports .
expect 'test-imports needs a manifest' test "$code" = 1
expect 'test-imports says so' grep -q 'has a manifest.json' <<<"$out"

run ./dev build
expect 'nothing is installed where nothing is missing' not_called apt-get
expect 'everything is built' called '^bazel build //\.\.\.$'

run ./dev build --config=asan //common:clock
expect 'Bazel gets the arguments' called '^bazel build --config=asan //common:clock$'

new_machine 'libgtest-dev g++'
run ./dev build
expect 'what is missing is installed, and nothing else' called '^apt-get .*install --no-install-recommends g++ libgtest-dev$'
expect 'the lists are fetched first' called '^apt-get .*update$'
if ((EUID == 0)); then
  expect 'root needs no sudo' not_called '^sudo'
else
  expect 'others need sudo' called '^sudo .*apt-get'
fi

new_machine 'libgtest-dev libgmock-dev libbenchmark-dev librapidcheck-dev g++'
run ./dev serve
expect 'serve installs nothing of the tests' called '^apt-get .*install --no-install-recommends g++$'

new_machine 'g++'
stand_in apt-get 'exit 100'
run ./dev build
expect 'a failed installation ends it' test "$code" != 0
expect 'a failed installation is told' grep -q 'dev: apt-get update failed' <<<"$out"
expect 'nothing is built then' not_called '^bazel'

new_machine ''
run ./dev build
expect 'clones share what is built' grep -qxF "build --disk_cache=$work/.cache/twofold/bazel" "$work/tree/.bazelrc.cache"
shared=$work/.cache/twofold/bazel
for age in 1 2 3 4; do
  head -c 400000 /dev/zero >"$shared/entry $age"
  touch -d "$age days ago" "$shared/entry $age"
done
run ./dev build
expect 'a small cache is left alone' test "$(find "$shared" -type f | wc -l)" = 4
run env TWOFOLD_BUILD_CACHE_MIB=1 ./dev build
expect 'a cache past its limit loses what was used least recently' test "$(ls "$shared")" = 'entry 1'

mkdir -p "$work/bin-of-bazel/server"
stand_in bazel "[[ \$1 != info ]] || echo $work/bin-of-bazel"
printf '#!/bin/bash\n(IFS="|"; echo "server $*")\n' >"$work/bin-of-bazel/server/twofold-server"
chmod +x "$work/bin-of-bazel/server/twofold-server"
run ./dev serve --listen '127.0.0.1:0' 'a b'
expect 'the server and the command are built' called '^bazel build //server:twofold-server //clients/cli:twofold$'
expect 'the way to the command is said' grep -qFx "export PATH=$work/bin-of-bazel/clients/cli:\$PATH" <<<"$out"
expect 'the server gets the flags as they are' last_line 'server --listen|127.0.0.1:0|a b'

mkdir -p "$work/bin-of-bazel/bench" "$work/tree/bench"
printf '#!/bin/bash\n(IFS="|"; echo "micro $*")\n' >"$work/bin-of-bazel/bench/micro"
chmod +x "$work/bin-of-bazel/bench/micro"
echo 'import os, sys; print(os.environ["TWOFOLD_BIN"], *sys.argv[1:])' >"$work/tree/bench/run.py"
run ./dev bench --micro --benchmark_filter=Hotp
expect 'the micro-benchmarks are built alone' called '^bazel build //bench:micro$'
expect 'the micro-benchmarks get the flags' last_line 'micro --benchmark_filter=Hotp'
run ./dev bench --quick
expect 'what the benchmark runs is built' called '^bazel build //bench:bench_server //bench:floors //bench:load$'
expect 'the benchmark gets the flags and what was built' last_line "$work/bin-of-bazel --quick"

new_machine ''
run ./dev test
expect 'all tests are run, compiled quickly' called '^bazel test --keep_going --config=quick .*//\.\.\.$'
expect 'no event, no pass' last_line '0 passed, 0 failed'

run ./dev test release
expect 'the binaries that others get are tested as they are' called '^bazel test --keep_going --build_event.*//\.\.\.$'

run ./dev test tsan --test_output=all
expect 'a sanitizer leaves out what it cannot judge' called '--config=tsan .*--test_tag_filters=-no-sanitizer,-no-tsan,-e2e'
expect 'flags alone mean all targets' called '--test_output=all //\.\.\.$'

new_machine ''
run ./dev soak
expect 'a soak is the long form' called '^bazel test .*--test_env=TWOFOLD_SOAK=1 .*//tests/redis_ha/\.\.\. //tests/e2e:soak_test$'

stand_in bazel 'exit 1'
run ./dev test
expect 'the code is that of Bazel' test "$code" = 1
expect 'a failed build is one failure' last_line '0 passed, 1 failed'

# .ci/run goes on after a failure, and sums up.
new_machine ''
cat >"$work/tree/dev" <<'END'
#!/bin/bash
case "$*" in
  lint) echo "lint: failed: rules"; exit 1 ;;
  'test --build_tests_only '*' -- //... -//tests/e2e/... -//tests/browser/... -//bench/...') echo "3 passed, 0 failed" ;;
  'test release //tests/e2e/... //tests/browser/... //bench/...') echo "1 passed, 0 failed" ;;
  'test asan') echo "2 passed, 1 failed"; exit 3 ;;
  'test tsan') echo "no summary" ;;
esac
END
run bash .ci/run
expect 'CI adds up' last_line '7 passed, 2 failed'
expect 'CI fails when a part does' test "$code" = 1

sed -i 's/exit 3/exit 4/; s/1 failed/0 failed/' "$work/tree/dev"
run bash .ci/run
expect 'CI does not believe a summary against the status' last_line '7 passed, 2 failed'

sed -i 's/exit [14]//; s/1 failed/0 failed/' "$work/tree/dev"
run bash .ci/run
expect 'CI passes when all do' test "$code" = 0
expect 'CI counts lint as one' last_line '8 passed, 0 failed'

exit "$failed"
