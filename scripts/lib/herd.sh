# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# herdtools7 (herd7, litmus7), which no Debian release up to 13 has: unpacked
# from unstable into the cache. Sourced after unpack.sh.

herd_release=sid
herd_packages=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
herd_files="usr/bin/[^/]+7|${libraries:?}|usr/share/herdtools7/.*"

herd_runs() {
	command -v litmus7 >/dev/null && herd7 -version >/dev/null 2>&1
}

# setup_herd leaves herd7 and litmus7 on PATH, and the compiler of the tests.
setup_herd() {
	local dir
	install_packages "${herd_packages[@]}"
	! herd_runs || return 0
	dir=$(cache_dir)/herd
	into "$dir" "$herd_release, layout 2" unpack_herd
	PATH=$dir/bin:$PATH
	export PATH
	herd_runs || die "the herdtools7 in $dir does not run: delete that folder and start again"
}

unpack_herd() {
	local dir=$1 program
	say "unpacking herdtools7 into $(cache_dir)/herd (the system's packages stay as they are)"
	unpack_from "$herd_release" "$dir" "$herd_files" herdtools7
	mkdir -p "$dir/bin"
	for program in "$dir"/usr/bin/*7; do
		wrap_herd "${program##*/}" >"$dir/bin/${program##*/}"
		chmod 755 "$dir/bin/${program##*/}"
	done
}

# wrap_herd prints a script that runs an unpacked program of herdtools7 with the
# libraries and, where it has any, the files it came with.
wrap_herd() {
	local files=''
	case $1 in
	herd7 | litmus7) files=" -set-libdir \"\$root/usr/share/herdtools7/${1%7}\"" ;;
	esac
	cat <<EOF
#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")
for lib in "\$root"/usr/lib/*-linux-gnu; do
	for loader in "\$lib"/ld-linux-*.so.*; do
		break 2
	done
done
exec "\$loader" --library-path "\$lib" "\$root/usr/bin/$1"$files "\$@"
EOF
}
