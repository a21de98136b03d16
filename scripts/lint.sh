#!/usr/bin/env bash
# All checks of ./dev lint, each even after another has failed. usage: lint.sh CACHE_FOLDER
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
cache=$1
failed=()

check() {
  local name=$1
  shift
  if ! "$@"; then
    failed+=("$name")
  fi
}

# files PATTERN... - the project's files with such a name.
files() {
  local tests=()
  local pattern
  for pattern in "$@"; do
    tests+=(-o -name "$pattern")
  done
  find . \( -name 'bazel-*' -o -name .git -o -name twofold-data \) -prune -o -type f \( "${tests[@]:1}" \) -print | sort
}

# buf and buildifier, as scripts/lint-tools/package-lock.json pins them, outside the tree.
node_tools() {
  local pins=scripts/lint-tools/package-lock.json
  if ! cmp -s "$pins" "$cache/npm/installed.json"; then
    mkdir -p "$cache/npm"
    cp scripts/lint-tools/package.json "$pins" "$cache/npm/" &&
      npm ci --prefix "$cache/npm" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 &&
      cp "$pins" "$cache/npm/installed.json"
  fi
}

clang_format() {
  local sources misplaced
  mapfile -t sources < <(files '*.cc' '*.h')
  misplaced=$(clang-format-16 --dry-run "${sources[@]}" 2>&1 | sed -nE 's/^([^ :]+:[0-9]+):.*/\1/p' | sort -u)
  [[ -z $misplaced ]] || {
    echo "$misplaced"
    echo "mend: clang-format-16 -i FILE"
    return 1
  }
}

buildifier() {
  # Rules that are built into Bazel 4 and come from repositories only in later ones.
  local native=-native-cc-binary,-native-cc-common,-native-cc-info,-native-cc-library,-native-cc-test,-native-sh-test
  mapfile -t sources < <(files BUILD.bazel '*.BUILD' '*.bzl' WORKSPACE)
  "$cache/npm/node_modules/.bin/buildifier" -mode=check -lint=warn "-warnings=$native" "${sources[@]}" || {
    echo "mend: $cache/npm/node_modules/.bin/buildifier -lint=fix FILE"
    return 1
  }
}

buf() { "$cache/npm/node_modules/.bin/buf" lint; }

shell() {
  mapfile -t sources < <(files '*.sh')
  shellcheck dev .ci/run "${sources[@]}"
}

clang_tidy() {
  # The headers that protoc generates.
  mapfile -t generated < <(bazel query --noshow_progress 'kind(genrule, //...)' 2>/dev/null)
  bazel build --noshow_progress --ui_event_filters=-info "${generated[@]}" || return
  python3 scripts/clang_tidy.py "$cache"
}

check rules python3 scripts/lint_rules.py
check promises python3 -B scripts/lint_promises.py
check shellcheck shell
check clang-format clang_format
if node_tools; then
  check buildifier buildifier
  check buf buf
else
  failed+=("installing buf and buildifier")
fi
check clang-tidy clang_tidy

if ((${#failed[@]} > 0)); then
  echo "lint: failed: ${failed[*]}"
  exit 1
fi
echo "lint: ok"
