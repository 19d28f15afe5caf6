// SPDX-License-Identifier: Apache-2.0

package litmusset

import "strings"

// Family is a group of litmus tests with something in common that the emulator has
// rules for, as diycross7 makes them.
type Family struct {
	Name, About string
	Crosses     []Cross
}

// Cross has one test for each choice of one alternative per edge of a cycle.
type Cross struct {
	Options []string // of diycross7
	Edges   []string
}

// Families are all of them, in a fixed order: a test that two of them have is the first
// one's.
func Families() []Family {
	return []Family{
		atomicWriters(), atomicReaders(), atomicStoreBuffering(), atomicFlags(), withoutResult(), atomicWrites(), exclusives(),
		ordered(), forwarded(), sameLocation(), coherence(), pairs(), chains(), selected(), barriers(),
		sizes(), overlaps(),
		threeThreads(), fourThreads(),
	}
}

// edges is a cross without options.
func edges(e ...string) Cross { return Cross{Edges: e} }

// either lists alternatives.
func either(alternatives ...string) string { return strings.Join(alternatives, ",") }

// sequence is one alternative of several edges.
func sequence(e ...string) string { return "[" + strings.Join(e, ",") + "]" }

// Atomics, in diy's words: with and without a result, and as an exclusive pair.
var (
	withResult = []string{"Amo.Swp", "Amo.LdAdd", "Amo.LdClr", "Amo.LdEor", "Amo.LdSet", "Amo.Cas"}
	noResult   = []string{"Amo.StAdd", "Amo.StClr", "Amo.StEor", "Amo.StSet"}
	exclusive  = []string{"LxSx"}
)

// everyOrder has each atomic between two edges, relaxed, acquiring, releasing and both:
// the edge before it says what its read is, the one behind what its write is. Those
// without a result cannot acquire.
func everyOrder(before, behind string, atomics ...string) string {
	var out []string
	for _, a := range atomics {
		for _, write := range []string{behind, behind + "LP"} {
			out = append(out, sequence(before, a, write))
			if !strings.HasPrefix(a, "Amo.St") {
				out = append(out, sequence(before+"PA", a, write))
			}
		}
	}
	return either(out...)
}
