#!/usr/bin/env bash
# run.sh SERVER PROMPT PROTO TEST - runs one test file with the real programs and a real browser.
set -euo pipefail
modules=${TWOFOLD_BROWSER_MODULES:?./dev test sets it to the folder of the npm packages}
export TWOFOLD_SERVER=$PWD/$1 TWOFOLD_PROMPT=$PWD/$2 TWOFOLD_PROTOS=$PWD/${3%/twofold/v1/*}
export TWOFOLD_DEMO=$PWD/examples/sample_service/run.sh
# Node looks for packages beside the file that it runs, and Bazel's files are links.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME=$folder TMPDIR=$folder
cp -L "$(dirname "$4")"/*.mjs "$(dirname "$4")/package.json" "$folder/"
ln -s "$modules/node_modules" "$folder/node_modules"
cd "$folder"
node --test --test-reporter=spec --test-reporter-destination=stdout --test-reporter=./report.mjs \
  --test-reporter-destination="${XML_OUTPUT_FILE:-/dev/null}" "$(basename "$4")"
