// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"kcovrig/rig/result"
)

// Versions names everything that a run was made with, a line each: what its
// provenance shows, and what only someone who makes the run again asks for.
func Versions(d result.Document) string {
	facts := provenance(d)
	if d.QEMU.PluginAPI > 0 {
		facts = append(facts, fact{"plugin API", fmt.Sprint(d.QEMU.PluginAPI)})
	}
	if d.Go != "" {
		facts = append(facts, fact{"go", d.Go})
	}
	if d.Setup != nil {
		facts = append(facts, fact{"initramfs", "hash " + d.Setup.Initramfs}, fact{"plugin", d.Setup.Plugin})
	}
	for _, i := range d.Images {
		arm := "unpatched"
		if i.Patched {
			arm = "patched"
		}
		facts = append(facts, fact{arm, "build " + i.Key})
	}
	var b strings.Builder
	for _, f := range facts {
		fmt.Fprintf(&b, "%-14s %s\n", f.Name, f.Value)
	}
	return b.String()
}
