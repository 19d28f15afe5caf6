# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The distribution's packages: which are needed, which are missing, and their
# installation. Sourced after machine.sh.

# needed prints the packages that kernels of both architectures, the plugin and
# kcovrig are built with; "needed test" adds what scripts/test runs.
needed() {
	printf '%s\n' bc bison ca-certificates ccache clang flex gcc gcc-aarch64-linux-gnu git \
		libc6-dev libelf-dev libssl-dev lld llvm make xz-utils zstd
	if [[ ${1:-} == test ]]; then
		printf '%s\n' bubblewrap chromium gnupg shellcheck systemd
	fi
}

installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# available says whether apt could install the package from what it knows.
available() {
	[[ -n $(apt-cache show --no-all-versions "$1" 2>/dev/null) ]]
}

# install_packages PACKAGE... installs those that are missing.
install_packages() {
	local missing=() p
	for p in "$@"; do
		installed "$p" || missing+=("$p")
	done
	[[ ${#missing[@]} -gt 0 ]] || return 0
	say "installing packages: ${missing[*]}"
	apt_install "${missing[@]}"
}

# apt_install installs what apt knows; its lists are fetched once per run, and
# only where something is missing.
apt_install() {
	update_lists
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends -o Dpkg::Use-Pty=0 "$@" </dev/null >&2 ||
		die "apt-get could not install: $*"
}

lists_updated=
update_lists() {
	[[ -z $lists_updated ]] || return 0
	say "fetching apt's package lists"
	as_root apt-get update -qq </dev/null >&2 || die "apt-get update failed: is the network up?"
	lists_updated=1
}
