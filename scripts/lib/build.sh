# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds bin/kcovrig with the guests in it. Sourced after go.sh, with go on PATH.

# version names the commit, with a mark where the folder differs from it; a source
# archive of scripts/release has it in a file.
version() {
	if [[ -f ${root:?}/VERSION ]]; then
		cat "$root/VERSION"
		return
	fi
	git -c safe.directory="$root" -C "$root" describe --always --dirty --tags 2>/dev/null || printf 'unknown\n'
}

# build_guests makes the static guests that kcovrig embeds; go build and go test
# both need them.
build_guests() {
	(cd "$root" && go generate ./rig/internal/initramfs)
}

build_kcovrig() {
	say "building bin/kcovrig"
	build_guests
	(cd "$root" && CGO_ENABLED=0 go build -buildvcs=false \
		-ldflags "-X main.version=$(version)" -o bin/kcovrig ./cmd/kcovrig)
}
