# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A Go toolchain as new as go.mod asks for: the system's where it is, else one
# in the cache. Sourced after unpack.sh.

# go_wanted prints the version of go.mod's go line ("1.26").
go_wanted() {
	awk '$1 == "go" { print $2; exit }' "${root:?}/go.mod"
}

go_suffices() {
	local have wanted
	have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
	wanted=$(go_wanted)
	have=${have%% *}
	[[ $(printf '%s\n' "$wanted" "${have#go}" | sort -V | head -n 1) == "$wanted" ]]
}

# find_go leaves on PATH a go that the system has, and says whether it suffices.
find_go() {
	[[ ! -d /usr/local/go/bin || :$PATH: == *:/usr/local/go/bin:* ]] || PATH=$PATH:/usr/local/go/bin
	go_suffices
}

# setup_go leaves a sufficient go on PATH.
setup_go() {
	local dir
	! find_go || return 0
	dir=$(cache_dir)/go
	into "$dir" "${newer_release:?}-backports $(go_minor), layout 2" unpack_go
	PATH=$dir/usr/lib/go-$(go_minor)/bin:$PATH
	export PATH
	go_suffices || die "Go >= $(go_wanted) is needed and $dir has none: install one, put it on PATH, and start again"
}

# go_minor is the release line that Debian's packages are named by.
go_minor() {
	go_wanted | cut -d. -f1,2
}

unpack_go() {
	say "unpacking Go $(go_minor) into $(cache_dir)/go (270 MB; the system's packages stay as they are)"
	unpack "$1" "usr/(lib|share)/go-$(go_minor)/.*" "golang-$(go_minor)-go" "golang-$(go_minor)-src"
}
