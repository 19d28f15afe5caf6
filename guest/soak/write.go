// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"sync/atomic"
	"unsafe"
)

// The functions of this file are Symbols: where the emulator delays stores.
// They call nothing, so that an entry into them ends with their return; nosplit,
// since growing a stack there would hand their words to the runtime.

// entryWords is the length of an entry: its payload and its checksum.
const entryWords = 8

// word returns word i of entry seq of a ledger; the last one is the checksum.
func word(ledger, seq uint64, i uint64) uint64 {
	z := (ledger<<56 ^ seq<<3 ^ i) * 0x9e3779b97f4a7c15
	return z ^ z>>29
}

func checksum(ledger, seq uint64) uint64 {
	var sum uint64
	for i := uint64(0); i < entryWords-1; i++ {
		sum ^= word(ledger, seq, i)
	}
	return sum
}

// at returns the address of a word of an entry, in a ring of mask+1 entries.
func at(ring *uint64, mask, seq, i uint64) *uint64 {
	return (*uint64)(unsafe.Add(unsafe.Pointer(ring), ((seq&mask)*entryWords+i)*8))
}

// write writes the entries [from, to).
//
//go:noinline
//go:nosplit
func write(ring *uint64, mask, ledger, from, to uint64) {
	for seq := from; seq < to; seq++ {
		for i := uint64(0); i < entryWords-1; i++ {
			*at(ring, mask, seq, i) = word(ledger, seq, i)
		}
		*at(ring, mask, seq, entryWords-1) = checksum(ledger, seq)
	}
}

// writePublish does the same and then releases them through head.
//
//go:noinline
//go:nosplit
func writePublish(ring *uint64, mask, ledger, from, to uint64, head *uint64) {
	for seq := from; seq < to; seq++ {
		for i := uint64(0); i < entryWords-1; i++ {
			*at(ring, mask, seq, i) = word(ledger, seq, i)
		}
		*at(ring, mask, seq, entryWords-1) = checksum(ledger, seq)
	}
	atomic.StoreUint64(head, to)
}

// inspect acquires head and verifies the entries from on. It returns the head,
// or the number of the first wrong entry with its word's index and value.
//
//go:noinline
//go:nosplit
func inspect(ring *uint64, mask, ledger, from uint64, head *uint64) (to, wrong, seen uint64, ok bool) {
	to = atomic.LoadUint64(head)
	for seq := from; seq < to; seq++ {
		for i := uint64(0); i < entryWords; i++ {
			want := word(ledger, seq, i)
			if i == entryWords-1 {
				want = checksum(ledger, seq)
			}
			if have := *at(ring, mask, seq, i); have != want {
				return seq, i, have, false
			}
		}
	}
	return to, 0, 0, true
}

// accounts is the ledger under the lock: their sum stays zero, check is the
// exclusive or of all, number counts the transfers.
type accounts struct {
	check, number uint64
	balance       [62]uint64
}

// transfer moves an amount between two accounts; the caller holds the lock.
//
//go:noinline
//go:nosplit
func transfer(a *accounts, from, to, amount uint64) {
	f, t := &a.balance[from&31], &a.balance[32+to%30]
	check := a.check ^ *f ^ *t
	*f -= amount
	*t += amount
	a.check = check ^ *f ^ *t
	a.number++
}

// audit returns what the accounts give; the caller holds the lock.
//
//go:noinline
//go:nosplit
func audit(a *accounts) (sum, check, number uint64) {
	for i := range a.balance {
		sum += a.balance[i]
		check ^= a.balance[i]
	}
	return sum, check ^ a.check, a.number
}

// scribble writes value to every 64th byte of a page and then reads a word over
// and over, twice: it stays here, its stores delayed, while another CPU takes
// the page away.
//
//go:noinline
//go:nosplit
func scribble(page *uint64, value uint64, still *uint64, spins uint64) (sum uint64) {
	for range uint64(2) {
		for i := uintptr(0); i < pageBytes; i += 64 {
			*(*uint64)(unsafe.Add(unsafe.Pointer(page), i)) = value
		}
		for range spins {
			sum += atomicPlain(still)
		}
	}
	return sum
}

// atomicPlain is a load that the compiler does not leave out.
func atomicPlain(p *uint64) uint64 { return *(*uint64)(unsafe.Pointer(p)) }

// stamp writes a word of its own into every step bytes of a region.
//
//go:noinline
//go:nosplit
func stamp(region *uint64, bytes, step uintptr, tag uint64) {
	for i := uintptr(0); i < bytes; i += step {
		*(*uint64)(unsafe.Add(unsafe.Pointer(region), i)) = tag ^ uint64(i)
	}
}

// stamped finds the first word that is not as stamp left it. It is no Symbol:
// what it reads is what every CPU sees.
//
//go:noinline
func stamped(region *uint64, bytes, step uintptr, tag uint64) (offset uintptr, seen uint64, ok bool) {
	for i := uintptr(0); i < bytes; i += step {
		if have := *(*uint64)(unsafe.Add(unsafe.Pointer(region), i)); have != tag^uint64(i) {
			return i, have, false
		}
	}
	return 0, 0, true
}

const pageBytes = 4096
