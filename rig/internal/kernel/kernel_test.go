// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"io/fs"
)

func seriesOf(s ...fs.FS) []fs.FS { return s }

// kcovConfig is the first scenario's description, as rig/scenario has it.
func kcovConfig() Config {
	return Config{
		MakeArgs: []string{"KCOV_INSTRUMENT_vhost.o=y", "KCOV_INSTRUMENT_vsock.o=y"},
	}
}
