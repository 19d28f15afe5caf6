// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"io/fs"
	"os"
)

func seriesOf(all ...fs.FS) []Series {
	var out []Series
	for _, s := range all {
		out = append(out, Series{Files: s})
	}
	return out
}

// ringSeries is one of the two ways in which a made-up bug in kernel/ring.c is fixed.
func ringSeries(name string) fs.FS { return os.DirFS("testdata/series/" + name) }

// ringConfig is what its scenario says, but for series and configuration.
func ringConfig() Config {
	return Config{MakeArgs: []string{"KASAN_SANITIZE_ring.o=n", "KCSAN_SANITIZE_ring.o=n"}}
}
