// SPDX-License-Identifier: Apache-2.0

package scenario

// Scope says what the memory emulator works in, where a scenario names no two writes:
// the functions that its patch changes, and these.
type Scope struct {
	// Callers is how many steps of direct calls, within the object, lead to a
	// function that the patch changes: as many callers are in scope too.
	Callers int
	// Kernel are functions of the kernel, with the clones that a compiler makes of them.
	Kernel []string
	// Callees are functions that are in scope only when one of the others calls them.
	Callees []string
}
