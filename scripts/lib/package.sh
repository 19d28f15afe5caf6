# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What a release is made of: programs, manual pages, completions, archives and
# Debian packages. Everything in them has the date of the commit, so that the same
# commit gives the same bytes. Sourced after build.sh.

# commit_date prints the commit's date in seconds; SOURCE_DATE_EPOCH goes before it.
commit_date() {
	printf '%s\n' "${SOURCE_DATE_EPOCH:-$(git -c safe.directory="${root:?}" -C "$root" log -1 --format=%ct 2>/dev/null || stat -c %Y "$root/go.mod")}"
}

# package_version VERSION DATE prints VERSION as Debian orders it: a tag's as it
# stands, 1.2.0-3-gabcdef as 1.2.0+3.gabcdef, a bare commit by its date, before all.
package_version() {
	local version=${1#v}
	if [[ $version =~ ^[0-9]+\.[0-9] ]]; then
		version=${version/-/+}
		printf '%s\n' "${version//-/.}"
	else
		printf '0~%s.%s\n' "$(date -u -d "@$2" +%Y%m%d%H%M%S)" "${version//-/.}"
	fi
}

# maintainer prints who answers for the package: DEBFULLNAME and DEBEMAIL, as Debian's
# tools have them, else who made the commit.
maintainer() {
	if [[ -n ${DEBEMAIL:-} ]]; then
		printf '%s <%s>\n' "${DEBFULLNAME:-$DEBEMAIL}" "$DEBEMAIL"
	else
		git -c safe.directory="${root:?}" -C "$root" log -1 --format='%an <%ae>'
	fi
}

# build_program GOARCH TARGET builds a static program for Linux. Guests must be there.
build_program() {
	(cd "${root:?}" && CGO_ENABLED=0 GOOS=linux GOARCH=$1 go build -trimpath -buildvcs=false \
		-ldflags "-s -w -buildid= -X main.version=$(version)" -o "$2" ./cmd/kcovrig)
}

# install_tree PROGRAM NATIVE DEST PREFIX ZSH installs PROGRAM with all that goes with
# it. NATIVE is one that runs on this machine, which says what its commands are; ZSH
# is the folder of zsh's completions below PREFIX/share/zsh.
install_tree() {
	local program=$1 native=$2 prefix share
	prefix=$(realpath -m -- "$3$4")
	share=$prefix/share
	install -D -m 755 "$program" "$prefix/bin/kcovrig"
	mkdir -p "$share/man/man1"
	SOURCE_DATE_EPOCH=$(commit_date) "$native" man "$share/man/man1"
	gzip -9 -n "$share"/man/man1/*
	"$native" completion bash | install -D -m 644 /dev/stdin "$share/bash-completion/completions/kcovrig"
	"$native" completion zsh | install -D -m 644 /dev/stdin "$share/zsh/$5/_kcovrig"
	"$native" completion fish | install -D -m 644 /dev/stdin "$share/fish/vendor_completions.d/kcovrig.fish"
	install_docs "$share/doc/kcovrig"
}

install_docs() {
	local file
	for file in README.md CHANGELOG.md CONTRIBUTING.md; do
		install -D -m 644 "${root:?}/$file" "$1/$file"
	done
	install -D -m 644 "$root/packaging/copyright" "$1/copyright"
	(cd "$root" && cp -r --parents --no-preserve=all docs ci/systemd ci/gitlab.yml ci/github "$1")
}

# pack FOLDER ARCHIVE writes a tar.gz of FOLDER: its names sorted, its owners root.
pack() {
	tar -C "${1%/*}" --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mtime="@$(commit_date)" \
		--mode=u=rwX,go=rX -cf - "${1##*/}" | gzip -9 -n >"$2"
}

# package_deb TREE GOARCH VERSION FILE makes a Debian package of an installed TREE.
package_deb() {
	local tree=$1 arch=$2 size by
	by=$(maintainer | sed 's/[&/\\]/\\&/g')
	size=$(du -sk --apparent-size "$tree" | cut -f1)
	mkdir -p "$tree/DEBIAN"
	sed -e '/^#/d' -e "s/@VERSION@/$3/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$size/" -e "s/@MAINTAINER@/$by/" -e "s/@CROSS@/$(cross_compiler "$arch")/" \
		"${root:?}/packaging/control.in" >"$tree/DEBIAN/control"
	(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
	chmod -R u=rwX,go=rX "$tree"
	# xz by more threads than one compresses into other bytes.
	SOURCE_DATE_EPOCH=$(commit_date) DPKG_DEB_THREADS_MAX=1 dpkg-deb --root-owner-group -Zxz --build "$tree" "$4" >&2
}

# cross_compiler GOARCH prints what builds arm64's kernels there beside gcc, since a
# command without --arch builds those.
cross_compiler() {
	[[ $1 == arm64 ]] || printf 'gcc-aarch64-linux-gnu, '
}
