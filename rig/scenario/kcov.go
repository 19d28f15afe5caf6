// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"io/fs"

	"kcovrig/images"
	"kcovrig/kernel/patches"
)

// kcov_move_area() in kernel/kcov.c copies remote coverage into a buffer that
// user space maps, then publishes the count of entries. Without a write
// barrier in between the count may be seen first.
func init() {
	registry["kcov"] = Scenario{
		Name:  "kcov",
		Title: "kcov_move_area() publishes the count of entries before the entries",
		Patches: []fs.FS{
			patches.Series("kcov/as-posted"),
			patches.Series("kcov/as-merged"),
		},
		Function: "kcov_move_area",
		Copy:     []string{"memcpy", "__memcpy", "memmove"},
		Count:    "dst_area",
		Fragments: map[string]string{
			"all":    images.Fragment("all") + images.Fragment("kcov/kcov"),
			"arm64":  images.Fragment("arm64"),
			"x86_64": images.Fragment("x86_64"),
		},
		// Coverage of the vhost worker's own code is enough, and instrumenting
		// the whole kernel costs minutes.
		MakeArgs: []string{"KCOV_INSTRUMENT_vhost.o=y", "KCOV_INSTRUMENT_vsock.o=y"},
		Litmus:   litmus("kcov"),
		Modes:    []string{"pc", "cmp"},
		Workload: "kcov",
		// herd7 with the kernel's model (tools/memory-model) on this message
		// passing: Never for the barrier with the acquire load, else Sometimes.
		Mark: "kcovrig/guest/kcov.mark.abi0",
		Readers: map[string]Reader{
			"acquire": {Symbols: []string{"kcovrig/guest/kcov.readAcquire.abi0"}, Ordered: true},
			"relaxed": {Symbols: []string{"kcovrig/guest/kcov.readRelaxed.abi0"}},
		},
	}
}
