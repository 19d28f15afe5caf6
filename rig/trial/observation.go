// SPDX-License-Identifier: Apache-2.0

package trial

import "kcovrig/guest/wire"

// Outcome says how one boot ended. The zero value is unknown: a boot that was
// never judged counts as nothing.
type Outcome string

// The outcomes.
const (
	OutcomeUnknown     Outcome = ""
	OutcomeOK          Outcome = "ok"
	OutcomeCut         Outcome = "cut-short" // interrupted by the user: what was measured stands
	OutcomeKernelFault Outcome = "kernel-fault"
	OutcomeGuestFault  Outcome = "guest-fault"
	OutcomeRigFault    Outcome = "rig-fault"
	OutcomeTimeout     Outcome = "timeout"
)

// Observation is what one boot showed.
type Observation struct {
	Patched    bool              `json:"patched"`
	Reader     Reader            `json:"reader"`
	Outcome    Outcome           `json:"outcome"`
	Error      string            `json:"error,omitempty"`
	Seed       uint64            `json:"seed"`
	BlockSize  uint64            `json:"blockSize"`
	Tallies    []wire.Tally      `json:"tallies"` // one per mode
	Detections []wire.Detection  `json:"detections"`
	Emulator   map[string]uint64 `json:"emulator"` // the plugin's counters; empty when native
	Argv       []string          `json:"argv"`
	Console    string            `json:"console"` // path of the kept console
	BootNS     int64             `json:"bootNS"`  // power-on to the guest's first line
}
