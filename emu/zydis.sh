#!/bin/sh
# Builds Zydis as an archive, build/zydis/libZydis.a, from Debian's source package of the installed version: Debian's libzydis-dev has
# the shared library only. With it, CMake links execscope statically: it starts faster and needs nothing of the host.
# Where that cannot be done (no network, not Debian), this says so, and execscope uses the shared library.
set -eu
cd "$(dirname "$0")/.."
archive=$PWD/build/zydis/libZydis.a
[ ! -e "$archive" ] || exit 0
version=$(dpkg-query -W -f '${source:Version}' libzydis-dev 2>/dev/null) || exit 0
echo "Building Zydis $version as an archive"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir sources lists zydis
mirror=$(apt-get download --print-uris libzydis-dev 2>/dev/null | sed -n "s|^'\\(.*\\)/pool/.*|\\1|p;q")
echo "deb-src ${mirror:-http://deb.debian.org/debian} $(. /etc/os-release && echo "$VERSION_CODENAME") main" > sources/debian.list
apt="apt-get -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$work/sources -o Dir::State::Lists=$work/lists
     -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root -o Acquire::Retries=2"
if ! { $apt update && $apt source --download-only "zydis=$version"; } > log 2>&1; then
    echo "Debian's source of Zydis could not be had: $(grep -m 1 '^E:' log)" >&2
    echo "execscope will use the shared library: everything works, a start takes about half a millisecond more" >&2
    exit 0
fi
tar -xf zydis_*.orig.tar.* -C zydis --strip-components 1
for source in zydis/src/*.c; do
    cc -O2 -Izydis/include -Izydis/src -DZYDIS_STATIC_BUILD -c "$source"
done
ar rcs libZydis.a ./*.o
mkdir -p "$(dirname "$archive")"
mv libZydis.a "$archive"
