// SPDX-License-Identifier: Apache-2.0

// Package scenario describes an ordering bug: everything that is particular to
// it. It owns one file per bug; it leaves building, booting and judging to the rooms,
// which know no bug by name.
package scenario

import (
	"fmt"
	"io/fs"
	"sort"
	"strings"
)

// Scenario is one ordering bug.
type Scenario struct {
	Name  string
	Title string // one line for people
	// Patches are series that fix the bug, tried in order; any that applies will do.
	Patches []fs.FS
	// Source is the file, below the tree, whose code decides whether the fix is in.
	Source string
	// Function is the C function in Source that holds the two stores. Empty: the
	// scenario names no two stores, and Scope says where the emulator works.
	Function string
	// Scope is unused where Function is not empty.
	Scope Scope
	// Object is Source's object file below the build folder.
	Object string
	// Copy names the C functions that do the first of the two writes.
	Copy []string
	// Stores are the calls that do the second write plainly.
	Stores []string
	// Count is the C variable through which they do it; empty: any store behind the copy may be the second write.
	Count string
	// Barriers are the C barriers that count as the fix between Copy and Stores.
	Barriers []string
	// Releases are the calls that do the second write in order by themselves.
	Releases []string
	// Fragments are config fragments: one for all architectures ("all") and one per name.
	Fragments map[string]string
	// MakeArgs are appended to every make call.
	MakeArgs []string
	// Litmus are tests under the kernel's memory model, whose condition is a stale
	// read: files named KERNEL+READER.litmus, one per kernel and reader.
	Litmus fs.FS
	// Modes are the workload's modes; the default is all of them.
	Modes []string
	// Workload is the name under which the guest runs it.
	Workload string
	// Mark is the guest's function that it calls on seeing a stale entry, for the
	// emulator to save what happened. Empty: there is none.
	Mark string
	// Readers are the workload's, by wire name.
	Readers map[string]Reader
}

// Reader is one way in which the guest reads what the two writes wrote.
type Reader struct {
	// Symbols are the guest's functions that do it, in which the emulator may
	// reorder loads. Of the loads that are not from the stack the first is of what
	// the second write publishes, the next of what the first wrote.
	Symbols []string
	// Ordered says that the reader orders its own loads, so that the model
	// allows stale reads on the unpatched kernel alone. Others see them on any.
	Ordered bool
}

// Default is the bug that is looked at when no other is named.
const Default = "kcov"

var registry = map[string]Scenario{}

// Lookup returns the named scenario. The error names what exists.
func Lookup(name string) (Scenario, error) {
	s, ok := registry[name]
	if !ok {
		return Scenario{}, fmt.Errorf("unknown scenario %q (have: %s)", name, strings.Join(Names(), ", "))
	}
	return s, nil
}

// Names lists the scenarios, sorted.
func Names() []string {
	names := make([]string, 0, len(registry))
	for n := range registry {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
