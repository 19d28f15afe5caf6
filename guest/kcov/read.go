// SPDX-License-Identifier: Apache-2.0

//go:build arm64 || amd64

package kcov

// A reader polls the count at area[0] until it differs from seen, at most spins
// times, then looks at once at every word of the entries [seen, count) and
// notes the index of each word that equals poison in stale, which must have
// room for limit*words indices. It returns the count as loaded and the number
// of indices noted.
//
// A count of seen means that no increase came; one above limit, or below seen,
// is returned with no entry looked at. words is the size of an entry in words;
// spins must be at least 1.
//
// Poll and scan are one function so that the count's load and the entries'
// loads are in the same symbol, which is what the emulator is scoped to. An
// entry's address never derives from the loaded count: between a relaxed count
// and the entries there is but a control dependency, which orders no loads
// (Arm ARM, B2.3).

// readAcquire loads the count with acquire semantics (LDAR).
//
//go:noescape
func readAcquire(area *uint64, seen, words, poison, limit, spins uint64, stale *uint32) (count, n uint64)

// readRelaxed loads the count with a plain load (LDR).
//
//go:noescape
func readRelaxed(area *uint64, seen, words, poison, limit, spins uint64, stale *uint32) (count, n uint64)
