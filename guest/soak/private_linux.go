// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	discardPages = 4 // the page, its flag, two that are reused
	forkPages    = 2 // the page, its flag
	lineBytes    = 64
)

// startDiscards starts, per CPU, a thread that writes a page there and one on the
// next CPU that gives the page back to the kernel meanwhile, takes pages and
// writes its own into them: a store to the old page that comes after the kernel
// has invalidated its translation lands in the new owner's.
func (s *soak) startDiscards(p pages) {
	for cpu := range 2 {
		base := uintptr(cpu) * discardPages
		page, busy, reused := p.page(base), p.page(base+1), p.page(base+2)
		s.start(cpu, 4, func(t *thread) { t.scribbles(page, busy) })
		s.start(cpu+1, 5, func(t *thread) { t.discards(page, busy, reused) })
	}
}

// scribbleTag marks what scribbles writes, reuseTag what discards writes.
const (
	scribbleTag = 0x5c81 << 48
	reuseTag    = 0x4e05 << 48
	tagMask     = 0xffff << 48
)

func (t *thread) scribbles(page, busy *uint64) {
	still := new(uint64)
	for n := uint64(1); t.next(); n++ {
		atomic.StoreUint64(busy, n)
		scribble(page, scribbleTag|n, still, t.between(50, 1000))
		atomic.StoreUint64(busy, 0)
		for i := uintptr(0); i < pageBytes; i += lineBytes {
			seen := *(*uint64)(unsafe.Add(unsafe.Pointer(page), i))
			if seen != 0 && seen != scribbleTag|n {
				t.s.lost("scribbled page", "byte %d of page %p holds %#x; only 0 and %#x were written", i, page, seen, scribbleTag|n)
				return
			}
		}
		t.s.count(CountScribbles, 1)
	}
}

func (t *thread) discards(page, busy, reused *uint64) {
	own := uintptr(unsafe.Pointer(reused))
	for n := uint64(1); t.next(); n++ {
		for tries := 0; atomic.LoadUint64(busy) == 0 && tries < 200; tries++ {
			continue
		}
		if errno := advise(uintptr(unsafe.Pointer(page)), pageBytes, unix.MADV_DONTNEED); errno != 0 {
			t.s.fail("give a page back", errno)
			return
		}
		stamp(reused, 2*pageBytes, lineBytes, reuseTag|n)
		for range t.between(0, 400) {
			_ = atomic.LoadUint64(busy)
		}
		if offset, seen, ok := stamped(reused, 2*pageBytes, lineBytes, reuseTag|n); !ok {
			whose := ""
			if seen&tagMask == scribbleTag {
				whose = ", which was written to the page's former place"
			}
			t.s.lost("reused page", "byte %d holds %#x%s; written was %#x", offset, seen, whose, reuseTag|n^uint64(offset))
			return
		}
		if errno := advise(own, 2*pageBytes, unix.MADV_DONTNEED); errno != 0 {
			t.s.fail("give pages back", errno)
			return
		}
		t.s.count(CountReused, 1)
	}
}

// startForks starts, per CPU, a thread that writes a page there, and one on the
// next CPU that forks meanwhile and then writes to the page too, which copies
// it: a store to the original that comes later is lost to the writer.
func (s *soak) startForks(p pages) {
	page, busy := p.page(0), p.page(1)
	s.start(0, 6, func(t *thread) { t.keeps(page, busy) })
	s.start(1, 7, func(t *thread) { t.forks(page, busy) })
}

func (t *thread) keeps(page, busy *uint64) {
	still := new(uint64)
	for n := uint64(1); t.next(); n++ {
		atomic.StoreUint64(busy, n)
		scribble(page, scribbleTag|n, still, t.between(500, 5000))
		atomic.StoreUint64(busy, 0)
		for i := uintptr(0); i < pageBytes; i += lineBytes {
			if seen := *(*uint64)(unsafe.Add(unsafe.Pointer(page), i)); seen != scribbleTag|n {
				t.s.lost("forked page", "byte %d of page %p holds %#x; written was %#x", i, page, seen, scribbleTag|n)
				return
			}
		}
	}
}

// forks writes the word beside the writer's, in the same line of the page.
func (t *thread) forks(page, busy *uint64) {
	mine := (*uint64)(unsafe.Add(unsafe.Pointer(page), 8))
	for n := uint64(1); t.next(); n++ {
		for tries := 0; atomic.LoadUint64(busy) == 0 && tries < 200; tries++ {
			continue
		}
		child, errno := fork()
		if errno != 0 {
			t.s.fail("fork", errno)
			return
		}
		atomic.StoreUint64(mine, n)
		if _, err := unix.Wait4(child, nil, 0, nil); err != nil {
			t.s.fail(fmt.Sprintf("wait for process %d", child), err)
			return
		}
		if seen := atomic.LoadUint64(mine); seen != n {
			t.s.lost("forked page", "the forker's word holds %d; written was %d", seen, n)
			return
		}
		t.s.count(CountForks, 1)
		sleep(4 * time.Millisecond)
	}
}

// fork makes a process that ends at once. It must not call the runtime, of
// which it has one thread.
//
//go:noinline
//go:nosplit
func fork() (int, syscall.Errno) {
	pid, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if errno == 0 && pid == 0 {
		for {
			_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
		}
	}
	return int(pid), errno
}
