// SPDX-License-Identifier: Apache-2.0

package initramfs

import (
	"bytes"
	"fmt"
	"path"
	"sort"

	"github.com/cavaliergopher/cpio"
)

const (
	initName    = "init"
	consoleName = "dev/console"
	programName = "workload" // where the guest looks for it
)

// entry is one member of the archive.
type entry struct {
	name  string
	mode  cpio.FileMode
	major int // of a device node
	minor int
	data  []byte
}

// layout lists the archive's members: folders before what they hold, else by name.
func layout(guest, program []byte, extra []File) []entry {
	entries := []entry{
		{name: initName, mode: cpio.TypeReg | 0o755, data: guest},
		// Without it PID 1 has no standard streams: devtmpfs is not mounted yet.
		{name: consoleName, mode: cpio.TypeChar | 0o600, major: 5, minor: 1},
	}
	if program != nil {
		entries = append(entries, entry{name: programName, mode: cpio.TypeReg | 0o755, data: program})
	}
	for _, f := range extra {
		entries = append(entries, entry{name: f.Name, mode: cpio.TypeReg | cpio.FileMode(f.Mode.Perm()), data: f.Data})
	}
	dirs := map[string]bool{}
	for _, e := range entries {
		for dir := path.Dir(e.name); dir != "."; dir = path.Dir(dir) {
			dirs[dir] = true
		}
	}
	for dir := range dirs {
		entries = append(entries, entry{name: dir, mode: cpio.TypeDir | 0o755})
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].name < entries[j].name })
	return entries
}

// setDevice fills c_rdevmajor and c_rdevminor of a newc header (Linux,
// Documentation/driver-api/early-userspace/buffer-format.rst), which the
// library leaves zero.
func setDevice(header []byte, major, minor int) {
	const offset = 78
	copy(header[offset:offset+16], fmt.Sprintf("%08x%08x", major, minor))
}

// pack makes the archive in the newc format. It is not compressed: the kernel
// would spend longer unpacking it than QEMU does loading it.
func pack(guest, program []byte, extra []File) ([]byte, error) {
	var out bytes.Buffer
	w := cpio.NewWriter(&out)
	for i, e := range layout(guest, program, extra) {
		if err := w.Flush(); err != nil {
			return nil, fmt.Errorf("pack %s: %w", e.name, err)
		}
		start := out.Len()
		h := &cpio.Header{Name: e.name, Mode: e.mode, Links: 1, Size: int64(len(e.data)), Inode: int64(i + 1)}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("pack %s: %w", e.name, err)
		}
		setDevice(out.Bytes()[start:], e.major, e.minor)
		if _, err := w.Write(e.data); err != nil {
			return nil, fmt.Errorf("pack %s: %w", e.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return out.Bytes(), nil
}
