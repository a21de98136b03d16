#!/usr/bin/env bash
# Runs every fuzz target in turn, or those with the names given. usage: fuzz.sh CACHE_FOLDER SECONDS [NAME]...
# What a run finds worth keeping stays in CACHE_FOLDER, where the next run begins.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cache=$1/fuzz
seconds=$2
shift 2

mapfile -t targets < <(bazel query --noshow_progress 'attr(tags, "\bfuzz\b", //tests/fuzz:all)' 2>/dev/null)
if (($# > 0)); then targets=("${@/%/_fuzz}") && targets=("${targets[@]/#///tests/fuzz:}"); fi
((${#targets[@]} > 0)) || {
  echo "fuzz: no target has the tag 'fuzz'"
  exit 1
}
bazel build --config=fuzz "${targets[@]}" >&2
# Not the link bazel-bin, which another build may turn to another configuration.
bin=$(bazel info --config=fuzz bazel-bin 2>/dev/null)

passed=0
failed=0
for target in "${targets[@]}"; do
  name=${target##*:}
  name=${name%_fuzz}
  mkdir -p "$cache/$name"
  echo "== $name, $seconds s"
  if "$bin/tests/fuzz/${name}_fuzz" "-max_total_time=$seconds" -print_final_stats=1 -verbosity=0 \
    "-artifact_prefix=$cache/$name-" "$cache/$name" "tests/fuzz/corpus/$name"; then
    ((passed += 1))
  else
    ((failed += 1))
    echo "mend: put the input named above into tests/fuzz/corpus/$name; ./dev test then shows the fault each time"
  fi
done
echo "$passed passed, $failed failed"
((failed == 0))
