// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"io"
	"time"

	"golang.org/x/sys/unix"
)

const (
	chunkBytes  = 1 << 20
	regionPages = 16
)

// startPressure starts a thread that fills memory up to what is to be spared,
// then verifies and frees half of it.
func (s *soak) startPressure() {
	s.start(1, 8, func(t *thread) {
		var chunks []chunk
		for n := uint64(1); t.next(); n++ {
			var info unix.Sysinfo_t
			if err := unix.Sysinfo(&info); err != nil {
				s.fail("ask for free memory", err)
				return
			}
			if info.Freeram*uint64(info.Unit)>>20 > s.cfg.Spare && uint64(len(chunks)) < s.cfg.Most {
				c, errno := newChunk(n)
				if errno != 0 {
					s.fail("allocate memory", errno)
					return
				}
				chunks = append(chunks, c)
				sleep(time.Millisecond)
				continue
			}
			half := len(chunks)/2 + 1
			for _, c := range chunks[:min(half, len(chunks))] {
				if !t.free(c) {
					return
				}
			}
			chunks = chunks[min(half, len(chunks)):]
			sleep(time.Millisecond) // also where others hold what is free
		}
		for _, c := range chunks {
			t.free(c)
		}
	})
}

// chunk is memory whose every page holds a word of its own.
type chunk struct {
	addr uintptr
	tag  uint64
}

func newChunk(tag uint64) (chunk, unix.Errno) {
	addr, errno := mapMemory(chunkBytes)
	if errno != 0 {
		return chunk{}, errno
	}
	// Forks stay cheap: they need not share this.
	if errno := advise(addr, chunkBytes, unix.MADV_DONTFORK); errno != 0 {
		return chunk{}, errno
	}
	stamp(pointer(addr), chunkBytes, pageBytes, tag)
	return chunk{addr, tag}, 0
}

// free verifies a chunk and gives it back.
func (t *thread) free(c chunk) bool {
	if offset, seen, ok := stamped(pointer(c.addr), chunkBytes, pageBytes, c.tag); !ok {
		t.s.lost("memory under pressure", "byte %#x of chunk %d holds %#x; written was %#x", offset, c.tag, seen, c.tag^uint64(offset))
		return false
	}
	if errno := unmapMemory(c.addr, chunkBytes); errno != 0 {
		t.s.fail("free memory", errno)
		return false
	}
	t.s.count(CountPressed, chunkBytes>>20)
	return true
}

// startMaps starts a thread that maps, protects and unmaps regions: each change
// takes translations from every CPU. It changes its own CPU all the time.
func (s *soak) startMaps() {
	s.start(0, 9, func(t *thread) {
		for tag := uint64(1); t.next(); tag += 2 {
			t.cpu, t.n = int(t.rand.Uint64N(2)), 0
			if !t.remap(tag) {
				return
			}
			t.s.count(CountMapped, 1)
		}
	})
}

func (t *thread) remap(tag uint64) bool {
	const bytes = regionPages * pageBytes
	addr, errno := mapMemory(bytes)
	verify := func(tag uint64) bool {
		offset, seen, ok := stamped(pointer(addr), bytes, lineBytes, tag)
		if !ok {
			t.s.lost("protected region", "byte %#x holds %#x; written was %#x", offset, seen, tag^uint64(offset))
		}
		return ok
	}
	if errno == 0 {
		stamp(pointer(addr), bytes, lineBytes, tag)
		errno = protect(addr, bytes, unix.PROT_READ)
	}
	if errno == 0 {
		if !verify(tag) {
			return false
		}
		errno = protect(addr, bytes, unix.PROT_READ|unix.PROT_WRITE)
	}
	if errno == 0 {
		stamp(pointer(addr), bytes, lineBytes, tag+1)
		if !verify(tag + 1) {
			return false
		}
		errno = unmapMemory(addr, bytes)
	}
	if errno != 0 {
		t.s.fail("map and protect memory", errno)
	}
	return errno == 0
}

// startPipe starts a writer and a reader, on two CPUs, of entries that the kernel
// copies twice.
func (s *soak) startPipe() error {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	s.start(0, 10, func(t *thread) {
		defer unix.Close(ends[1]) // the reader's end of file
		buf := make([]uint64, (ringMask+1)*entryWords)
		for from := uint64(0); t.next(); from += ringMask + 1 {
			write(&buf[0], ringMask, pipeLedger, from, from+ringMask+1)
			if n, err := unix.Write(ends[1], bytesOf(buf)); n != len(buf)*8 && t.s.ctx.Err() == nil {
				t.s.fail("write to a pipe", err)
				return
			}
			sleep(time.Millisecond)
		}
	})
	s.start(1, 11, func(t *thread) {
		defer unix.Close(ends[0]) // a writer that waits gets EPIPE
		t.receive(ends[0])
	})
	return nil
}

const pipeLedger = 9

func (t *thread) receive(fd int) {
	buf := make([]uint64, (ringMask+1)*entryWords)
	for from := uint64(0); ; from += ringMask + 1 {
		clear(buf)
		_, err := io.ReadFull(pipeEnd(fd), bytesOf(buf))
		if err == io.EOF {
			return
		}
		if err != nil {
			t.s.fail("read from a pipe", err)
			return
		}
		head := from + ringMask + 1
		if seq, i, seen, ok := inspect(&buf[0], ringMask, pipeLedger, from, &head); !ok {
			t.s.lost("pipe", "%s", describe(at(&buf[0], ringMask, seq, i), pipeLedger, seq, i, seen))
			return
		}
		t.s.count(CountPiped, ringMask+1)
		t.next()
	}
}
