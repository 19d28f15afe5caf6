// SPDX-License-Identifier: Apache-2.0

// Package trial holds what a run is and what it means: the specification, the
// observation of one boot, the result, and the verdict with its reasons. Values and
// pure functions only; it leaves judging to verdict, doing to the rooms and rendering to report.
package trial

import (
	"slices"
	"time"
)

// Reader says how the guest's reader loads the count.
type Reader string

// The readers.
const (
	Acquire Reader = "acquire"
	Relaxed Reader = "relaxed"
)

// MemoryModel says which reorderings the guest may see.
type MemoryModel string

// The memory models: Arm's, by the emulator, or whatever the accelerator does by itself.
const (
	ModelArm    MemoryModel = "arm"
	ModelNative MemoryModel = "native"
)

// Accel is QEMU's accelerator; AccelAuto takes KVM where it really boots a
// guest of this architecture and the memory model is native, else TCG.
type Accel string

// The accelerators.
const (
	AccelAuto Accel = "auto"
	AccelTCG  Accel = "tcg"
	AccelKVM  Accel = "kvm"
)

// JudgedReader is the one of some readers whose arms decide the verdict: the
// acquire reader, to which a fix on the writer's side makes its promise, else
// the first.
func JudgedReader(readers []Reader) Reader {
	if slices.Contains(readers, Acquire) || len(readers) == 0 {
		return Acquire
	}
	return readers[0]
}

// Spec is what a user asked for. Fill it, then Validate once.
type Spec struct {
	Scenario string `json:"scenario"`
	Arm      string `json:"arm,omitempty"` // of a run: "patched" or "unpatched"
	Arch     string `json:"arch"`
	Tree     string `json:"tree"` // folder, tarball, or "debian:VERSION"; empty: the newest installed linux-source
	Rev      string `json:"rev,omitempty"`
	// Patch are the patches to test; empty: the scenario's series.
	Patch Patches `json:"patch,omitempty"`
	// AsIs takes the tree as it stands, whether or not it holds a fix, instead of
	// putting one on or taking it out.
	AsIs     bool          `json:"asIs,omitempty"`
	Compiler string        `json:"compiler,omitempty"` // of the kernels, see arch.Compilers; empty: gcc
	CPU      string        `json:"cpu,omitempty"`      // QEMU's -cpu, see arch.Arch; empty: the architecture's
	Readers  []Reader      `json:"readers"`
	Modes    []string      `json:"modes"`
	Duration time.Duration `json:"duration"` // 0: until the verdict is certain
	Seed     uint64        `json:"seed"`
	// CleanShare makes a lone arm run until it has shown a stale window or has
	// excluded that this share of its blocks is stale, see JudgeArm; 0: a tally is enough.
	CleanShare  float64     `json:"cleanShare,omitempty"`
	MemoryModel MemoryModel `json:"memoryModel"`
	Accel       Accel       `json:"accel"`
	QEMU        string      `json:"qemu,omitempty"` // program; empty: the one that would be found
	Jobs        int         `json:"jobs"`
	Scopes      []string    `json:"scopes,omitempty"`    // more code for the memory emulator, see ParseScope
	ScopeOnly   bool        `json:"scopeOnly,omitempty"` // Scopes alone, not the scenario's
}
