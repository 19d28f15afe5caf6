// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
)

// Versions names everything that a run was made with, a line each: what its
// provenance shows, and what only someone who makes the run again asks for.
func Versions(d result.Document) string {
	facts := words.Provenance(d)
	if d.QEMU.PluginAPI > 0 {
		facts = append(facts, words.Fact{Name: "plugin API", Value: fmt.Sprint(d.QEMU.PluginAPI)})
	}
	if d.Go != "" {
		facts = append(facts, words.Fact{Name: "go", Value: d.Go})
	}
	if d.Setup != nil {
		facts = append(facts, words.Fact{Name: "initramfs", Value: "hash " + d.Setup.Initramfs}, words.Fact{Name: "plugin", Value: d.Setup.Plugin})
	}
	for _, i := range d.Images {
		arm := "unpatched"
		if i.Patched {
			arm = "patched"
		}
		facts = append(facts, words.Fact{Name: arm, Value: "build " + i.Key})
	}
	var b strings.Builder
	for _, f := range facts {
		fmt.Fprintf(&b, "%-14s %s\n", f.Name, f.Value)
	}
	return b.String()
}
