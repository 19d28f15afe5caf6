# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# QEMU >= 11.0: the system's where it is new enough, else one in the cache.
# Sourced after unpack.sh.

qemu_wanted=11
qemu_files="usr/bin/qemu-system-(aarch64|x86_64)|${libraries:?}|usr/share/(qemu|seabios)/.*"

# qemu_major prints a QEMU's major version, 0 where it does not run.
qemu_major() {
	local line
	line=$("$1" --version 2>/dev/null | head -n 1) || true
	if [[ $line =~ version\ ([0-9]+)\. ]]; then
		printf '%s\n' "${BASH_REMATCH[1]}"
	else
		printf '0\n'
	fi
}

qemu_suffices() {
	[[ $(qemu_major qemu-system-aarch64) -ge $qemu_wanted && $(qemu_major qemu-system-x86_64) -ge $qemu_wanted ]]
}

# setup_qemu leaves both emulators on PATH.
setup_qemu() {
	local dir
	! qemu_suffices || return 0
	dir=$(cache_dir)/qemu
	into "$dir" "${newer_release:?}-backports, layout 2" unpack_qemu
	PATH=$dir/bin:$PATH
	export PATH
	qemu_suffices || die "the QEMU in $dir does not run: delete that folder and start again"
}

unpack_qemu() {
	local dir=$1 name
	say "unpacking QEMU >= $qemu_wanted.0 into $(cache_dir)/qemu (130 MB; the system's packages stay as they are)"
	unpack "$dir" "$qemu_files" qemu-system-arm qemu-system-x86
	mkdir -p "$dir/bin"
	for name in qemu-system-aarch64 qemu-system-x86_64; do
		wrap_qemu "$name" >"$dir/bin/$name"
		chmod 755 "$dir/bin/$name"
		[[ $(qemu_major "$dir/bin/$name") -ge $qemu_wanted ]] ||
			die "$dir/bin/$name does not say a version >= $qemu_wanted.0: $("$dir/bin/$name" --version 2>&1 | head -n 3)"
	done
}

# wrap_qemu prints a script that runs the unpacked emulator with the libraries
# and the firmware it came with. It replaces itself, so that whoever starts it
# holds the emulator's own process.
wrap_qemu() {
	cat <<EOF
#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
root=\$(dirname "\$(dirname "\$(readlink -f "\$0")")")
for lib in "\$root"/usr/lib/*-linux-gnu; do
	for loader in "\$lib"/ld-linux-*.so.*; do
		break 2
	done
done
exec "\$loader" --library-path "\$lib" "\$root/usr/bin/$1" \\
	-L "\$root/usr/share/qemu" -L "\$root/usr/share/seabios" "\$@"
EOF
}

# qemu_command prints the command that starts an emulator on PATH: what the
# wrapper runs, where it is one, since plugins are told from the program's file.
qemu_command() {
	local program dir loader
	program=$(command -v "$1")
	dir=${program%/bin/*}
	for loader in "$dir"/usr/lib/*-linux-gnu/ld-linux-*.so.*; do
		if [[ -f $loader && -f $dir/usr/bin/$1 ]]; then
			printf '%s --library-path %s %s -L %s -L %s\n' "$loader" "${loader%/*}" \
				"$dir/usr/bin/$1" "$dir/usr/share/qemu" "$dir/usr/share/seabios"
			return 0
		fi
	done
	printf '%s\n' "$program"
}
