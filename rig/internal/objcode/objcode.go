// SPDX-License-Identifier: Apache-2.0

// Package objcode reads DWARF and machine code of a built kernel. It owns two results:
// which code ranges an ordering bug lives in, and whether a store barrier stands on
// every path between the copy and the store that publishes it. It leaves reading ELF
// files to elfcode, building to rig/internal/kernel and what they mean to
// rig/kernels.
//
// The kernel is built without debug information, which would cost minutes.
// The one object of interest is compiled again with -g into a side file, from
// the command that kbuild saved; its code must be that of vmlinux, word by
// word except where the linker writes, or its debug information is not used.
package objcode

import (
	"errors"
	"fmt"

	"kcovrig/rig/arch"
	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
	"kcovrig/rig/internal/proc"
)

// Config says what to analyse. All paths are the host's.
type Config struct {
	Arch     arch.Arch
	Vmlinux  string
	BuildDir string   // kbuild's output folder; only read
	Object   string   // below BuildDir, as in kernel/fork.o
	Function string   // the C function that copies and publishes
	Copy     []string // the C functions that copy; their aliases by address count too
	Count    string   // the C variable through which the copy is published; empty: any store behind the copy may publish
	// Debug is an object that was compiled with debug information when the kernel
	// was built; empty: one is compiled now, from the source tree as it is now.
	Debug string
	// Source is the object's source file as it was compiled, where the tree may
	// have changed since; empty: the tree's.
	Source string
	OutDir string // gets the side object and the compiler's log; one folder per analysis; unused with Debug
	// Sandbox is what the compiler may reach; nil: whatever the user may.
	Sandbox *proc.Sandbox
}

// Validate says which member is missing.
func (c Config) Validate() error {
	for _, m := range []struct{ name, value string }{
		{"Arch", c.Arch.Name}, {"Vmlinux", c.Vmlinux}, {"BuildDir", c.BuildDir},
		{"Object", c.Object}, {"Function", c.Function}, {"OutDir", c.OutDir + c.Debug},
	} {
		if m.value == "" {
			return fmt.Errorf("analysis of kernel code: %s is empty", m.name)
		}
	}
	if len(c.Copy) == 0 {
		return errors.New("analysis of kernel code: Copy names no function")
	}
	if insn.Of(c.Arch.Machine).Decode == nil {
		return fmt.Errorf("analysis of kernel code: no decoder for %s", c.Arch.Name)
	}
	return nil
}

// Ordering says whether the copy is ordered before a publishing store. The
// zero value means that it could not be told.
type Ordering uint8

// The orderings.
const (
	OrderUnknown Ordering = iota
	OrderNo               // no path has a barrier
	OrderPartly           // some paths, or some of the stores
	OrderYes              // every path, or the store is a release
)

// String returns "unknown", "no", "partly" or "yes".
func (o Ordering) String() string {
	switch o {
	case OrderNo:
		return "no"
	case OrderPartly:
		return "partly"
	case OrderYes:
		return "yes"
	default:
		return "unknown"
	}
}

// MarshalText writes the String form, as JSON needs it.
func (o Ordering) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Store is a store that publishes the copy.
type Store struct {
	Addr    uint64   `json:"addr"`
	Text    string   `json:"text"`
	Line    int      `json:"line"` // in the source file of the object; 0 where unknown
	Release bool     `json:"release"`
	Ordered Ordering `json:"ordered"`
}

// Barrier is a barrier instruction in the body.
type Barrier struct {
	Addr    uint64 `json:"addr"`
	Text    string `json:"text"`
	Kind    string `json:"kind"`
	Between bool   `json:"between"` // it stands on a path from the copy to a publishing store
}

// Ways are the ways through the code from the copy to a publishing store, each by
// what on it can order two stores, as a litmus test has it: barriers, atomics,
// exclusives, acquires and releases, on a place of their own "[X9]"; the last is
// the publishing store, at "[X3]". A plain access elsewhere orders nothing, nor
// does a branch, since no store waits for a load that another CPU may satisfy.
// Calls are followed. A way round a loop has all that the way past it has.
type Ways struct {
	Of  [][]string
	Why string // why there are others that could not be told; empty: those are all
}

// Analysis is what the machine code shows.
type Analysis struct {
	Container string // the symbol that holds the copy: Function itself, or what it was inlined into
	// Scope is the body, the functions that copy and those on the way, sorted by address. The
	// body is Inlined and all else that lies on a path from the copy to a publishing store.
	Scope     []coderange.Range
	Inlined   []coderange.Range // the code of Function by the debug information
	CopyCalls []uint64          // calls of Copy in the body; empty where the compiler copies inline
	Copies    []uint64          // all instructions of the body that copy, those calls included
	Publish   []Store
	Barriers  []Barrier
	Ways      Ways
	Ordered   Ordering
	// Reason explains Ordered where it does not follow from the stores and barriers alone.
	Reason  string
	Listing []elfcode.Line // of the body, then of the callees
	// Approximate: the debug information could not be used, for Reason; the scope
	// is the whole functions of the object that call Copy, and Ordered is unknown.
	Approximate bool
}
