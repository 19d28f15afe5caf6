// SPDX-License-Identifier: Apache-2.0

//go:build arm64 || amd64

package kcov

// mark does nothing by itself. The emulator knows the function by its symbol and
// saves, when it returns, what each vCPU did last: word is the stale word just
// read, entry its entry's index, count the count that covers it, number the
// mark's number, from 1.
//
//go:noescape
func mark(word *uint64, entry, count, number uint64)
