// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"fmt"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"

	"kcovrig/scenarios"
)

// builtins are the names of the workloads that the guest has of its own, sorted: those
// that the scenarios that come with kcovrig run. It reads no more of their files than
// this, since the form of a whole file asks for it.
var builtins = sync.OnceValue(func() []string {
	var all []string
	for _, name := range scenarios.Names() {
		text, err := scenarios.File(name)
		var f struct{ Workload struct{ Builtin string } }
		if err == nil {
			err = yaml.Unmarshal(text, &f)
		}
		if err != nil {
			panic(fmt.Sprintf("scenario %s: %v", name, err)) // they are part of the program
		}
		if f.Workload.Builtin != "" {
			all = append(all, f.Workload.Builtin)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
})
