// SPDX-License-Identifier: Apache-2.0

// Package scenario describes an ordering bug: everything that is particular to
// it, read from a file, scenario.yaml, and what that names. It owns the file's format,
// where scenarios are found, their hashes and the form in which they travel; it leaves
// the ones that come with kcovrig to scenarios, and building, booting and judging to
// the rooms, which know no bug by name.
package scenario

import (
	"io/fs"
	"maps"
	"slices"

	"kcovrig/guest/wire"
	"kcovrig/rig/kernelversion"
	"kcovrig/rig/trial"
	"kcovrig/rig/wording"
)

// Scenario is one ordering bug.
type Scenario struct {
	Name  string
	Title string // one line for people
	// Words are what reports call its sights.
	Words wording.Words
	// Hash is of the file and all that it names, wherever they lie.
	Hash string
	// Shipped says that it is one of those that come with this program.
	Shipped bool
	// Archs are the architectures on which the bug can be looked for.
	Archs []string
	// CPUs and MemoryMiB are the guest's; 0: as many as all guests have.
	CPUs, MemoryMiB int
	// Patches are series that fix the bug, tried in order: the first that goes on a tree
	// or comes off it says whether the tree has the fix. The files that they change,
	// under names that begin with a/ and b/, are where the bug is.
	Patches []Series
	// Objects are the kernel's, to look at beside those of the files that Patches change.
	Objects []string
	// Kernels are the versions in which the bug can be looked for.
	Kernels kernelversion.Range
	// Function is the C function that holds the two stores, in a file that Patches
	// change. Empty: the scenario names no two stores, and Scope says where the emulator works.
	Function string
	// Scope is unused where Function is not empty.
	Scope Scope
	// Copy names the C functions that do the first of the two writes.
	Copy []string
	// Count is the C variable through which they do it; empty: any store behind the copy may be the second write.
	Count string
	// Fragments are config fragments: one for all architectures ("all") and one per name.
	Fragments map[string]string
	// MakeArgs are appended to every make call.
	MakeArgs []string
	// Litmus are tests under the kernel's memory model, whose condition is a hit:
	// files named KERNEL+READER.litmus, one per kernel and reader.
	Litmus fs.FS
	// Modes are the workload's modes; the default is all of them.
	Modes []string
	// Workload is the name under which the guest runs it.
	Workload string
	// Program is the workload where the scenario brings its own; nil: the guest has it.
	Program *Program
	// Mark is the guest's function that it calls on seeing a hit, for the
	// emulator to save what happened. Empty: there is none.
	Mark string
	// Readers are the workload's, by wire name.
	Readers map[string]Reader

	contents map[string][]byte // what Hash is of, by path
}

// Series is a way to fix the bug: a folder of patches that belong together.
type Series struct {
	fs.FS
	Reverse bool                // they undo the fix
	Kernels kernelversion.Range // that they are for
}

// JudgedReader is the one whose kernels decide a verdict, and that runs where none is named.
func (s Scenario) JudgedReader() trial.Reader {
	var all []trial.Reader
	for _, name := range slices.Sorted(maps.Keys(s.Readers)) {
		all = append(all, trial.Reader(name))
	}
	return trial.JudgedReader(all)
}

// Reader is one way in which the guest reads what the two writes wrote.
type Reader struct {
	// Symbols are the guest's functions that do it, in which the emulator may
	// reorder loads. Of the loads that are not from the stack the first is of what
	// the second write publishes, the next of what the first wrote.
	Symbols []string
	// Ordered says that the reader orders its own loads, so that the model
	// allows hits on the unpatched kernel alone. Others see them on any.
	Ordered bool
}

// Program is a workload that a scenario brings: a program for the guest.
type Program struct {
	Files  fs.FS  // the scenario's folder, as far as the file names it
	Source string // a C file in it; empty: Binary is a static ELF
	Binary string
	// GuestFiles are files in Files that the guest has below /files, by the same paths.
	GuestFiles []string
	// Start is what the guest is told of it.
	Start wire.Program
}

// Scope says what the memory emulator works in, where a scenario names no two writes:
// the functions that its patch changes, and these.
type Scope struct {
	// Callers is how many steps of direct calls, within the object, lead to a
	// function that the patch changes: as many callers are in scope too.
	Callers int
	// NoCalls says that any call out of the scope ends what waits; else what is called
	// there and is sure to come back is in scope too.
	NoCalls bool
	// Kernel are functions of the kernel, with the clones that a compiler makes of them.
	Kernel []string
	// Callees are functions that are in scope only when one of the others calls them.
	Callees []string
}
