// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"io"
	"unsafe"

	"golang.org/x/sys/unix"

	"kcovrig/guest/wire"
)

// The memory of the ledgers is the kernel's, not the Go runtime's: whole pages
// that no collector looks at.

// pages is a run of mapped pages.
type pages struct {
	base uintptr
	n    uintptr
}

func mapPages(n uintptr) (*pages, error) {
	base, errno := mapMemory(n * pageBytes)
	if errno != 0 {
		return nil, wire.Faultf(wire.WhoseKernel, "map the ledgers", "%v", errno)
	}
	return &pages{base: base, n: n}, nil
}

// take cuts pages from the front.
func (p *pages) take(n uintptr) pages {
	if n > p.n {
		panic("soak: too few pages are mapped")
	}
	out := pages{base: p.base, n: n}
	p.base, p.n = p.base+n*pageBytes, p.n-n
	return out
}

// page returns the address of page i.
func (p pages) page(i uintptr) *uint64 { return pointer(p.base + i*pageBytes) }

// pointer is for memory that the collector does not know: vet cannot tell.
func pointer(addr uintptr) *uint64 {
	return *(**uint64)(unsafe.Pointer(&addr))
}

// Raw system calls: none of these waits, and the runtime need not know of them.

func mapMemory(bytes uintptr) (uintptr, unix.Errno) {
	addr, _, errno := unix.RawSyscall6(unix.SYS_MMAP, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uintptr(0), 0)
	return addr, errno
}

func unmapMemory(addr, bytes uintptr) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_MUNMAP, addr, bytes, 0)
	return errno
}

func protect(addr, bytes, prot uintptr) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_MPROTECT, addr, bytes, prot)
	return errno
}

func advise(addr, bytes, advice uintptr) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_MADVISE, addr, bytes, advice)
	return errno
}

// bytesOf is the memory of a slice of words.
func bytesOf(words []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(words)*8)
}

// pipeEnd reads a file descriptor.
type pipeEnd int

func (p pipeEnd) Read(b []byte) (int, error) {
	n, err := unix.Read(int(p), b)
	if err == nil && n == 0 {
		return 0, io.EOF
	}
	return max(n, 0), err
}
