#!/usr/bin/env bash
# Makes Debian packages of what Bazel has built. usage: package.sh BAZEL_BIN OUTPUT_FOLDER
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=$1 output=$2

version=$("$bin/clients/cli/twofold" --version | sed 's/.* //')
# The time of the last commit, so that the same commit gives the same bytes.
date=$(git log -1 --format=%cD)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/twofold/bin" "$output"
cp -r deploy/debian "$tree/twofold/debian"
install -m 755 "$bin/server/twofold-server" "$bin/clients/prompt/twofold-prompt" "$bin/clients/cli/twofold" \
  "$tree/twofold/bin/"
cp README.md SECURITY.md CHANGELOG.md "$tree/twofold/"
cp -r docs "$tree/twofold/"
cat >"$tree/twofold/debian/changelog" <<END
twofold ($version) unstable; urgency=medium

  * CHANGELOG.md has the changes.

 -- The Twofold developers <twofold@example.org>  $date
END
chmod -R u=rwX,go=rX "$tree/twofold"
(cd "$tree/twofold" && DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage --build=binary --unsigned-changes --no-check-builddeps) \
  >"$tree/log" 2>&1 || {
  tail -n 30 "$tree/log"
  exit 1
}
cp "$tree"/*.deb "$output/"
ls "$output"
