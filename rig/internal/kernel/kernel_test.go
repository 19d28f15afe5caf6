// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"io/fs"
)

func seriesOf(s ...fs.FS) []fs.FS { return s }

// kcovConfig is the first scenario's description, as rig/scenario has it.
func kcovConfig() Config {
	return Config{
		Object: "kernel/kcov.o",
		Fix: Fix{
			Source: "kernel/kcov.c", Function: "kcov_move_area", Copy: []string{"memcpy"}, Stores: []string{"WRITE_ONCE"},
			Barriers: []string{"smp_wmb", "smp_mb", "wmb", "mb"}, Releases: []string{"smp_store_release"},
		},
		MakeArgs: []string{"KCOV_INSTRUMENT_vhost.o=y", "KCOV_INSTRUMENT_vsock.o=y"},
	}
}
