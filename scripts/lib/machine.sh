# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What this machine is, and how it is changed: messages, root rights, the
# private cache folder, the distribution and its mirror. Sourced.

say() { printf '==> %s\n' "$*" >&2; }

die() {
	printf 'error: %s\n' "$*" >&2
	exit 3
}

# as_root runs a command with root rights and never asks for a password.
as_root() {
	if [[ $(id -u) -eq 0 ]]; then
		"$@"
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		sudo -n "$@"
	else
		die "root rights are needed for: $*
Run it once as root, or allow sudo without a password, and start again."
	fi
}

# cache_dir is where everything lives that may be deleted at any time.
cache_dir() {
	printf '%s\n' "${KCOVRIG_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/kcovrig}"
}

# codename is the distribution's release ("bookworm"); other distributions end here.
codename() {
	local id name
	id=$(. /etc/os-release && printf '%s' "${ID:-}")
	name=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
	[[ $id == debian && -n $name ]] || die "scripts/setup knows Debian 12 and 13, this is ${id:-unknown} ${name}.
Install QEMU >= 11.0, Go, a cross compiler and the kernel's build tools by hand,
then: go generate ./... && go build -o bin/kcovrig ./cmd/kcovrig && bin/kcovrig doctor"
	printf '%s\n' "$name"
}

# mirror prints the base address of the distribution's own archive as apt is
# configured here: the first site that serves the plain release, which the
# security archive and third parties' do not.
mirror() {
	local release site
	release=$(codename)
	# shellcheck disable=SC2016 # apt expands these
	site=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' |
		awk -v r="$release" '$2 == r && $3 == "main" && !seen { print $1; seen = 1 }')
	[[ -n $site ]] || die "apt has no source for Debian $release (main): add one to /etc/apt/sources.list.d"
	printf '%s\n' "$site"
}
