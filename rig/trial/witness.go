// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"fmt"

	"kcovrig/guest/wire"
)

// Witness is one sight of the bug as the emulator saw it: the recent events of the
// vCPUs around it, and the guest's own report of the same. That of a stale read ends
// with a Mark. That of what a program's scenario detects ends with the Fault that the
// kernel reported, and holds what was noted before that; where the program or its end
// told of the hit, with a Mark, at which the guest was notified of it.
type Witness struct {
	Variant Variant `json:"-"` // see SavedVariant
	// Under is in words what the emulator altered while the bug was seen; empty: nothing,
	// the kernel's code was executed as it is.
	Under string `json:"under,omitempty"`
	// Altered are the same instructions.
	Altered   []AlteredInstruction `json:"altered,omitempty"`
	Reader    Reader               `json:"reader"`
	Detection wire.Detection       `json:"detection"` // its Mode, Window and Index name the entry
	Events    []WitnessEvent       `json:"events"`    // by AtNS, then as they were taken
}

type plainWitness Witness // without its methods

// MarshalJSON writes the saved form.
func (w Witness) MarshalJSON() ([]byte, error) {
	return WriteSaved(struct {
		SavedVariant
		plainWitness
	}{w.Variant.Saved(), plainWitness(w)})
}

// UnmarshalJSON reads it.
func (w *Witness) UnmarshalJSON(text []byte) error {
	return ReadVariant(text, &w.Variant, (*plainWitness)(w))
}

// WitnessEvent is one thing that one vCPU did.
//
// A store that was held back has two events of the same VCPU, Address and
// Version: delayed, when the instruction ran, and drained, when the others
// could see it. A load carries the Version that it read: one lower than a
// store's, while that store is delayed, is the stale read.
type WitnessEvent struct {
	VCPU   int         `json:"vcpu"`
	AtNS   int64       `json:"atNS"` // host time since the witness's first event
	Kind   WitnessKind `json:"kind"`
	Symbol string      `json:"symbol,omitempty"` // the function; empty: not known
	Offset uint64      `json:"offset"`           // of the instruction within Symbol, in bytes
	Source string      `json:"source,omitempty"` // "file:line", where the kernel has debug information
	Text   string      `json:"text,omitempty"`   // the instruction, or the mark's words
	// SourceText is the line that Source names, where it was at hand.
	SourceText string `json:"sourceText,omitempty"`
	Address    uint64 `json:"address"` // guest physical, of the access; 0: none
	Value      uint64 `json:"value"`   // stored or loaded
	Version    uint64 `json:"version"` // of the value at Address: 0 before the first store in the witness
}

// OfProgram says whether it is of what a program's scenario detects.
func (w Witness) OfProgram() bool { return w.Detection.Kind != "" }

// WitnessKind says what an event is.
type WitnessKind string

// The kinds.
const (
	Executed WitnessKind = "executed" // a store that went to memory at once
	Delayed  WitnessKind = "delayed"  // a store that the emulator held back
	Drained  WitnessKind = "drained"  // a held store that landed
	Barrier  WitnessKind = "barrier"
	Load     WitnessKind = "load"
	Entered  WitnessKind = "entered" // the vCPU began to execute code in the emulator's scope ...
	Left     WitnessKind = "left"    // ... and went on elsewhere, where nothing is noted
	// Implied is a load that the exception behind it implies: it gave the register from
	// which the address was made. Its Value is known, its Address is not.
	Implied WitnessKind = "implied"
	Fault   WitnessKind = "fault" // an exception of the kernel at this instruction
	Mark    WitnessKind = "mark"  // a moment named by Text, such as the guest's report
)

// Instruction is one machine instruction and where it comes from.
type Instruction struct {
	Symbol     string `json:"symbol,omitempty"`
	Offset     uint64 `json:"offset"` // from Symbol's address, in bytes
	Text       string `json:"text,omitempty"`
	Source     string `json:"source,omitempty"`     // "file:line"
	SourceText string `json:"sourceText,omitempty"` // that line
}

// Place is "symbol+offset"; empty where the symbol is not known.
func (i Instruction) Place() string {
	if i.Symbol == "" {
		return ""
	}
	return fmt.Sprintf("%s+%#x", i.Symbol, i.Offset)
}

// AlteredInstruction is an instruction that the emulator let order something else than it
// says: see Change.
type AlteredInstruction struct {
	Instruction
	To     Order `json:"to"`
	Before bool  `json:"before,omitempty"`
}

// ReaderCode is how a reader of the guest reads what the two writes wrote: the
// load of the count, then that of an entry, and what its code has in between
// that may order them.
type ReaderCode struct {
	Reader Reader      `json:"reader"`
	Count  Instruction `json:"count"`
	Entry  Instruction `json:"entry"`
	// Barriers, Control and Address are those on any path between the two loads:
	// barrier instructions, a branch on the count, an address made of the count.
	Barriers []string `json:"barriers"`
	Control  bool     `json:"control"`
	Address  bool     `json:"address"`
	Unknown  string   `json:"unknown,omitempty"` // why the rest cannot be relied on
}
