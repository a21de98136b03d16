#!/usr/bin/env bash
# Builds the last commit in a bare folder of a Debian release, and verifies a first code there as the README says.
# usage: try_debian.sh CACHE_FOLDER RELEASE [BAZEL_ARGUMENT]...   needs root
# With arguments, `./dev test ARGUMENT...` runs there, too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cache=$1 release=$2
shift 2

# Mounts of a namespace end with it, so that nothing outside the folder can be deleted with the folder.
if [[ ${TWOFOLD_TRY_DEBIAN-} != inside ]]; then
  TWOFOLD_TRY_DEBIAN=inside exec unshare --mount --pid --fork --kill-child "$0" "$cache" "$release" "$@"
fi

root=$(mktemp -d)
# Process 1 of its namespace ends all others, so that nothing uses the folder any more.
finish() {
  kill -KILL -1 2>/dev/null || true
  wait
  umount --recursive "$root/root/.cache/twofold/bazel" "$root/dev" "$root/proc" 2>/dev/null || true
  rm -rf --one-file-system "$root"
}
trap finish EXIT
debootstrap --variant=minbase "$release" "$root" >"$root/debootstrap.log" 2>&1 || {
  tail -n 5 "$root/debootstrap.log"
  exit 1
}
mkdir -p "$root/root/.cache/twofold/bazel" "$cache/bazel"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"
# Packages come from where this machine's come from, and what was built by content from the same cache.
cp /etc/resolv.conf "$root/etc/"
cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/"
mount --bind "$cache/bazel" "$root/root/.cache/twofold/bazel"
git clone -q . "$root/root/twofold"

cat >"$root/root/first_code.sh" <<'END'
set -euo pipefail
started=$SECONDS
./dev serve >../serve.log 2>&1 &
until grep -q 'listening on 127.0.0.1:50051' ../serve.log; do
  kill -0 $! 2>/dev/null || { tail -n 20 ../serve.log; exit 1; }
  sleep 0.2
done
eval "$(grep -m 1 '^export PATH=' ../serve.log)"
echo "listens after $((SECONDS - started)) s, with the packages and the build"
apt-get install -q -y --no-install-recommends oathtool >/dev/null
secret=$(head -c 20 /dev/urandom | base32)
now=$(oathtool --totp -b "$secret")
next=$(oathtool --totp -b -N 'now + 30 sec' "$secret")
twofold enroll ann --import-secret-file - --code "$now" <<<"$secret" >/dev/null
twofold verify ann "$next" | grep '^accepted'
answer=$(twofold verify ann "$next" 2>&1) && exit 1
[[ $answer == *"code rejected"* ]]
kill %1
wait %1
END
in_root() { chroot "$root" env -i HOME=/root PATH="$PATH" LC_ALL=C.UTF-8 bash -c "cd /root/twofold && $1"; }
in_root 'bash ../first_code.sh'
echo "$release: the first code was verified, and its replay refused."
if (($# > 0)); then in_root "./dev test ${*@Q}"; fi
