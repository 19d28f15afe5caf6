// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"io/fs"
)

func seriesOf(all ...fs.FS) []Series {
	var out []Series
	for _, s := range all {
		out = append(out, Series{Files: s})
	}
	return out
}

// kcovConfig is the first scenario's description, as rig/scenario has it.
func kcovConfig() Config {
	return Config{
		MakeArgs: []string{"KCOV_INSTRUMENT_vhost.o=y", "KCOV_INSTRUMENT_vsock.o=y"},
	}
}
