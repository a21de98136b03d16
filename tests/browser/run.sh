#!/usr/bin/env bash
# run.sh SERVER PROMPT PROTO TEST - runs one test file with the real programs and a real browser.
set -euo pipefail
modules=${BROWSER_TEST_MODULES:?./dev test sets it to the folder of the npm packages}
export TEST_SERVER=$PWD/$1 TEST_PROMPT=$PWD/$2 TEST_PROTOS=$PWD/${3%/twofold/v1/*}
export TEST_KEY_GUIDE=$PWD/docs/guide-security-keys.md TEST_COMMAND=$PWD/clients/cli/twofold TEST_DEMO=$PWD/examples/sample_service/run.sh
# Node looks for packages beside the file that it runs, and Bazel's files are links.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME=$folder TMPDIR=$folder
cp -L "$(dirname "$4")"/*.mjs "$(dirname "$4")/package.json" "$folder/"
ln -s "$modules/node_modules" "$folder/node_modules"
cd "$folder"
node --test --test-reporter=spec --test-reporter-destination=stdout --test-reporter=./report.mjs \
  --test-reporter-destination="${XML_OUTPUT_FILE:-/dev/null}" "$(basename "$4")"
