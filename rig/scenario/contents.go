// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"

	"kcovrig/rig/fault"
	"kcovrig/rig/yamlfile"
)

// What a scenario may consist of. A folder may be anybody's, and is sent to others.
const (
	maxFile   = 1 << 20
	maxBinary = 16 << 20 // a static program, of Go say, has megabytes; what it reads may, too
	maxFiles  = 512
	maxBytes  = 32 << 20
)

// FileName is what the file is called in a folder.
const FileName = "scenario.yaml"

// collector reads what a scenario names, into memory.
type collector struct {
	from     fs.FS
	contents map[string][]byte
	bytes    int
	noted    []unread
}

// unread is something that the file names, at a member of it, and that could not be read.
type unread struct {
	member string
	err    error
}

// note remembers an error about a member of the file; nil is none.
func (c *collector) note(member string, err error) {
	if err != nil {
		c.noted = append(c.noted, unread{member, err})
	}
}

// failed is what was noted, with line and column.
func (c *collector) failed(shown string) error {
	r := &yamlfile.Reader{File: shown}
	places := yamlfile.Places(c.contents[FileName])
	for _, n := range c.noted {
		text := n.err.Error()
		if n.member != "" {
			text = n.member + ": " + text
		}
		r.Fail(places[n.member], "%s", text)
	}
	return r.Err("read what "+shown+" names", "")
}

// read adds a file that people write, under another name where as is not the path.
func (c *collector) read(name, as string) error { return c.readAtMost(name, as, maxFile) }

// readAtMost adds a file of so many bytes at most.
func (c *collector) readAtMost(name, as string, most int) error {
	if _, have := c.contents[as]; have {
		return nil
	}
	info, err := fs.Stat(c.from, name) // before it is opened: a pipe would wait for a writer
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", name)
	}
	f, err := c.from.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	c.bytes += len(data)
	switch {
	case err != nil:
		return err
	case len(data) > most:
		return fmt.Errorf("%s is larger than %d bytes", name, most)
	case len(c.contents) == maxFiles || c.bytes > maxBytes:
		return fmt.Errorf("with %s it has more than %d files or %d bytes", name, maxFiles, maxBytes)
	}
	c.contents[as] = data
	return nil
}

// folder adds a folder's files of a pattern, of which there must be some, and returns
// them by their names there.
func (c *collector) folder(dir, pattern string) (map[string][]byte, error) {
	names, err := fs.Glob(c.from, dir+"/"+pattern) // a path of the file's has none of a pattern's characters
	if err == nil && len(names) == 0 {
		_, err = fs.Stat(c.from, dir)
		err = errors.Join(err, fmt.Errorf("%s holds no file %s", dir, pattern))
	}
	out := map[string][]byte{}
	for _, name := range names {
		if err = c.read(name, name); err != nil {
			break
		}
		out[path.Base(name)] = c.contents[name]
	}
	return out, err
}

// series adds one way to fix the bug.
func (c *collector) series(s series) (map[string][]byte, error) {
	if s.Patches == nil {
		if info, err := fs.Stat(c.from, s.Path); err != nil || info.IsDir() {
			return c.folder(s.Path, "*.patch")
		}
		if path.Ext(s.Path) != ".patch" {
			return nil, fmt.Errorf("%s is no file whose name ends in .patch", s.Path)
		}
		s.Patches = []string{s.Path}
	}
	out := map[string][]byte{}
	for i, name := range s.Patches {
		if err := c.read(name, name); err != nil {
			return nil, err
		}
		as := path.Base(name)
		if len(s.Patches) > 1 { // a series is read in the order of names
			as = fmt.Sprintf("%02d-%s", i, as)
		}
		out[as] = c.contents[name]
	}
	return out, nil
}

// Text is a file of the scenario's, by its path; nil where it names no such. Its own
// is FileName.
func (s Scenario) Text(name string) []byte { return s.contents[name] }

// hashOf is the hash of files by their paths.
func hashOf(contents map[string][]byte) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "kcovrig %s\n", format)
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		fmt.Fprintf(sum, "%d %s %d\n", len(name), name, len(contents[name]))
		sum.Write(contents[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// archive packs files, the same to the same bytes. They are not compressed: what
// unpacking takes is bounded by the archive's size.
func archive(contents map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = f.Write(contents[name])
		}
		if err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// inMemory is files as a file system.
func inMemory(contents map[string][]byte) (fs.FS, error) {
	packed, err := archive(contents)
	if err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
}

// Pack is the scenario with all that it names, for other machines.
func (s Scenario) Pack() ([]byte, error) {
	packed, err := archive(s.contents)
	return packed, fault.Wrap(fault.Rig, "pack scenario "+s.Name, err)
}

// Unpack is Pack's reverse. A scenario that has not the hash that was promised is refused.
func Unpack(packed []byte, hash string) (Scenario, error) {
	const op = "unpack a scenario"
	r, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return Scenario{}, fault.Wrap(fault.Rig, op, err)
	}
	for _, f := range r.File {
		if f.Method != zip.Store {
			return Scenario{}, fault.Newf(fault.Rig, op, "%q is compressed", f.Name)
		}
	}
	s, err := from(r, FileName, FileName)
	if err != nil {
		return s, err
	}
	if s.Hash != hash {
		return Scenario{}, fault.Newf(fault.Rig, op, "refused: its hash is %s, not %s", s.Hash, hash)
	}
	s.Shipped = s.Hash == shipped()[s.Name].Hash
	return s, nil
}
