# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Kernel sources: the distribution's package where this release has it, else
# the same package of another release of the same mirror, in the cache.
# Sourced after unpack.sh.

# Releases that are asked for a source package this one lacks, newest first.
source_releases=(trixie-backports trixie bookworm-backports bookworm bullseye)

# setup_source VERSION prints the tarball's path.
setup_source() {
	local version=$1 name tarball
	name=linux-source-$version
	for tarball in "/usr/src/$name.tar.xz" "$(cache_dir)/sources/$name.tar.xz"; do
		if [[ -f $tarball ]]; then
			printf '%s\n' "$tarball"
			return 0
		fi
	done
	update_lists
	if available "$name"; then
		say "installing packages: $name"
		apt_install "$name"
		printf '/usr/src/%s.tar.xz\n' "$name"
		return 0
	fi
	fetch_source "$name" "$(cache_dir)/sources/$name.tar.xz"
	printf '%s\n' "$(cache_dir)/sources/$name.tar.xz"
}

# fetch_source NAME TARBALL downloads the package from whichever release has its
# newest version and takes the tarball out of it. It runs in a shell of its own,
# which leaves nothing behind however it ends.
fetch_source() (
	name=$1 tarball=$2
	say "fetching $name from another release of this machine's mirror (150 MB)"
	mkdir -p "$(dirname "$tarball")"
	aside=$(mktemp -d "$tarball.XXXXXX")
	trap 'rm -rf "$aside"' EXIT
	start_apt "$aside" "${source_releases[@]}"
	(cd "$aside" && private_apt "$aside" download "$name") ||
		die "none of ${source_releases[*]} on $(mirror) has $name"
	dpkg-deb --fsys-tarfile "$aside/${name}"_*.deb | tar -xf - -C "$aside" "./usr/src/$name.tar.xz"
	mv "$aside/usr/src/$name.tar.xz" "$tarball"
)
