// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// ringMask: a ring fills a page.
const ringMask = pageBytes/(entryWords*8) - 1

// settle is how long after a wrong word it is looked at again: whether its store
// is lost or late is the first thing to know of a fault.
const settle = 20 * time.Millisecond

// startRings starts, per CPU, a writer there and a verifier on the next CPU. The
// writer releases what it has written, the verifier acquires it and releases
// the room.
func (s *soak) startRings(p pages) {
	for cpu := range 2 {
		base := uintptr(cpu) * 4
		ring, head, tail := p.page(base), p.page(base+1), p.page(base+2)
		ledger := uint64(1 + cpu)
		s.start(cpu, 1, func(t *thread) { t.publish(ring, ledger, head, tail) })
		s.start(cpu+1, 2, func(t *thread) { t.verify(ring, ledger, head, tail) })
	}
}

func (t *thread) publish(ring *uint64, ledger uint64, head, tail *uint64) {
	for from := uint64(0); t.next(); {
		to := from + t.between(1, 13)
		if to-atomic.LoadUint64(tail) > ringMask+1 {
			yield()
			continue
		}
		// In turns, the release is part of the function and follows its return.
		if t.rand.Uint64()&1 == 0 {
			writePublish(ring, ringMask, ledger, from, to, head)
		} else {
			write(ring, ringMask, ledger, from, to)
			atomic.StoreUint64(head, to)
		}
		t.s.count(CountPublished, to-from)
		from = to
	}
}

func (t *thread) verify(ring *uint64, ledger uint64, head, tail *uint64) {
	for from := uint64(0); t.next(); {
		to, i, seen, ok := inspect(ring, ringMask, ledger, from, head)
		if !ok {
			t.s.lost(fmt.Sprintf("ring %d", ledger), "%s", describe(at(ring, ringMask, to, i), ledger, to, i, seen))
			return
		}
		if to == from {
			yield()
		}
		t.s.count(CountVerified, to-from)
		from = to
		atomic.StoreUint64(tail, to)
	}
}

// describe says which word of which entry is wrong, and what became of it.
func describe(where *uint64, ledger, seq, i, seen uint64) string {
	want := word(ledger, seq, i)
	if i == entryWords-1 {
		want = checksum(ledger, seq)
	}
	time.Sleep(settle)
	return fmt.Sprintf("word %d of entry %d, at %#x, was read as %#x, %v later as %#x; written was %#x",
		i, seq, uintptr(unsafe.Pointer(where)), seen, settle, atomic.LoadUint64(where), want)
}

// startAccounts starts a thread per CPU that updates one ledger under a lock.
func (s *soak) startAccounts(p pages) {
	a := (*accounts)(unsafe.Pointer(p.page(0)))
	var lock sync.Mutex
	var made uint64 // under the lock
	for cpu := range 2 {
		s.start(cpu, 3, func(t *thread) {
			for t.next() {
				lock.Lock()
				n := t.between(1, 9)
				for range n {
					transfer(a, t.rand.Uint64(), t.rand.Uint64(), t.rand.Uint64())
				}
				made += n
				sum, check, number := audit(a)
				ok := sum == 0 && check == 0 && number == made
				if !ok {
					t.s.lost("accounts", "after %d transfers they give %d; sum %#x, check %#x (both should be 0)", made, number, sum, check)
				}
				lock.Unlock()
				t.s.count(CountTransfers, n)
				t.s.count(CountAudits, 1)
			}
		})
	}
}
