// SPDX-License-Identifier: Apache-2.0

package witness_test

import (
	"fmt"

	"kcovrig/rig/trial"
	"kcovrig/rig/witness"
)

// The store of the entry waits, and the count's passes it; then a reader looks.
func ExampleRead() {
	const entry, count = 0x1010, 0x1000
	w := trial.Witness{Events: []trial.WitnessEvent{
		{VCPU: 0, Kind: trial.Delayed, Address: entry, Value: 7, Version: 1},
		{VCPU: 0, Kind: trial.Executed, Symbol: "publish", Address: count, Value: 2, Version: 1},
		{VCPU: 1, Kind: trial.Load, Address: count, Value: 2, Version: 1},
		{VCPU: 1, Kind: trial.Load, Address: entry},
		{VCPU: 1, Kind: trial.Mark, Address: entry},
	}}
	w.Detection.Index, w.Detection.Count = 1, 2
	r := witness.Read(w, trial.Code{Container: "publish"})
	fmt.Println("held back by vCPU", r.WriterCPU, "as event", r.Stores)
	fmt.Println("passed by event", r.Publish, "and read as event", r.Stale)
	// Output:
	// held back by vCPU 0 as event [0]
	// passed by event 1 and read as event 3
}
