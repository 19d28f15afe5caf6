# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Packages of another release, unpacked into a private folder: the system's own
# packages stay as they are, and no root rights are needed. Sourced after
# machine.sh.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The release that has, with its backports, what the others lack: QEMU >= 11.0
# and Go >= 1.26.
newer_release=trixie

# What an unpacked program needs to run beside its own files: the libraries, of
# which the loader is one.
# shellcheck disable=SC2034 # qemu.sh and herd.sh use it
libraries='usr/lib/[^/]+-linux-gnu/[^/]+\.so(\.[^/]*)?'

# source_line SITE SUITE prints one apt source.
source_line() {
	local options="signed-by=$keyring"
	# A mirror frozen at a date serves release files whose validity has run out.
	if [[ $1 =~ /[0-9]{8}T[0-9]{6}Z ]]; then
		options+=" check-valid-until=no"
	fi
	printf 'deb [%s] %s %s main\n' "$options" "$1" "$2"
}

# private_apt DIR COMMAND... runs apt-get with configuration, lists, cache and
# state in DIR, as start_apt left them.
private_apt() {
	APT_CONFIG=$1/apt.conf apt-get -qq -y "${@:2}" </dev/null >&2
}

# start_apt DIR SUITE... prepares DIR for private_apt and fetches the suites'
# lists. Of the machine's configuration only what concerns fetching (proxies)
# is taken over: its hooks would work on the system's own files.
start_apt() {
	local dir=$1 site suite
	shift
	site=$(mirror)
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/state/status"
	for suite in "$@"; do
		source_line "$site" "$suite"
	done >"$dir/sources.list"
	apt-config dump | grep '^Acquire::' >"$dir/apt.conf"
	cat >>"$dir/apt.conf" <<EOF
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::SourceList "$dir/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$dir/state";
Dir::State::Status "$dir/state/status";
Dir::Cache "$dir/cache";
APT::Sandbox::User "$(id -un)";
APT::Install-Recommends "false";
Acquire::Languages "none";
EOF
	private_apt "$dir" update || die "apt-get update failed for $* on $site: is the network up?"
}

# unpack TARGET NEEDED PACKAGE... fetches packages and all they depend on, down to
# the C library, from the newer release's backports, and unpacks into TARGET the
# files whose whole path from the root NEEDED, an extended regular expression, matches.
unpack() {
	unpack_from "$newer_release-backports $newer_release" "$@"
}

# unpack_from "SUITE..." TARGET NEEDED PACKAGE... does so from the first of the
# suites, with what they depend on from any of them. apt holds the suites'
# signatures against the keyring, and by them the packages' hashes.
unpack_from() {
	local suites target=$2 needed=$3 apt=$2.apt deb
	read -ra suites <<<"$1"
	shift 3
	start_apt "$apt" "${suites[@]}"
	private_apt "$apt" install --download-only -t "${suites[0]}" "$@" ||
		die "could not fetch $* from ${suites[0]} on $(mirror)"
	mkdir "$target"
	for deb in "$apt"/cache/archives/*.deb; do
		unpack_needed "$deb" "$target" "$needed" "$apt/names"
	done
	plain_files "$target"
	rm -rf "$apt"
}

# unpack_needed DEB TARGET NEEDED NAMES unpacks one package; NAMES is a file to use.
# The packages depend on others with programs that run with root's rights, such as
# passwd: those stay out, and nothing keeps its owner or such a mode.
unpack_needed() {
	dpkg-deb --fsys-tarfile "$1" | tar -t --quoting-style=literal | grep -Ex "\./($3)" >"$4" || return 0
	dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --no-same-owner --no-same-permissions \
		--no-recursion --verbatim-files-from -T "$4"
}

# plain_files FOLDER ends where there is more than files, folders and links without special modes.
plain_files() {
	local odd
	odd=$(find "$1" ! -type l \( ! -type f ! -type d -o -perm /7000 \))
	[[ -z $odd ]] || die "a package holds what is neither file, folder nor link, or has a special mode: $odd"
}

# into TARGET STAMP FUNCTION: TARGET is made by FUNCTION aside and renamed, and
# holds STAMP when it is whole. Two at once do no harm: the second one waits and
# finds it made.
into() {
	local target=$1 stamp=$2 make=$3 lock
	! holds "$target" "$stamp" || return 0
	mkdir -p "$(dirname "$target")"
	exec {lock}>"$target.lock"
	flock -n "$lock" || {
		say "waiting for another scripts/setup, which makes $target"
		flock "$lock"
	}
	if ! holds "$target" "$stamp"; then
		rm -rf "$target.new" "$target.new.apt" "$target"
		"$make" "$target.new"
		printf '%s\n' "$stamp" >"$target.new/.stamp"
		mv "$target.new" "$target"
	fi
	exec {lock}>&-
}

holds() {
	[[ -f $1/.stamp && $(<"$1/.stamp") == "$2" ]]
}
