// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
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
	where    string // what from is, for people
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
		r.Fail(yamlfile.PlaceIn(places, n.member), "%s", text)
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
	switch {
	case err != nil:
		return c.unreadable("file", name, err)
	case info.IsDir():
		return fmt.Errorf("%s is a folder, not a file", name)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", name)
	}
	f, err := c.from.Open(name)
	if err != nil {
		return c.unreadable("file", name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	c.bytes += len(data)
	switch {
	case err != nil:
		return c.unreadable("file", name, err)
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
		if info, missing := fs.Stat(c.from, dir); missing != nil {
			return nil, c.unreadable("folder", dir, missing)
		} else if !info.IsDir() {
			return nil, fmt.Errorf("%s is no folder", dir)
		}
		return nil, fmt.Errorf("%s holds no file %s", dir, pattern)
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

// archTests takes the litmus tests in an architecture's instructions, where there are
// some, beside the others.
func (c *collector) archTests(dir string, tests map[string][]byte) error {
	for _, name := range arch.Names() {
		a, err := arch.Lookup(name)
		if err != nil || a.LitmusFolder == "" || tests == nil {
			continue
		}
		if _, err := fs.Stat(c.from, path.Join(dir, a.LitmusFolder)); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		found, err := c.folder(path.Join(dir, a.LitmusFolder), "*.litmus")
		if err != nil {
			return err
		}
		for file, text := range found {
			tests[path.Join(a.LitmusFolder, file)] = text
		}
	}
	return nil
}

// unreadable says in plain words why something of the scenario's cannot be read.
func (c *collector) unreadable(kind, name string, err error) error {
	var inner *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint := ""
		var siblings []string
		entries, _ := fs.ReadDir(c.from, path.Dir(name)) // which may be missing too
		for _, e := range entries {
			siblings = append(siblings, e.Name())
		}
		if near := yamlfile.Nearest(path.Base(name), siblings); near != "" && near != path.Base(name) {
			hint = "; " + didYouMean("%s", path.Join(path.Dir(name), near))
		}
		return fmt.Errorf("there is no %s %s in %s%s", kind, name, c.where, hint)
	case strings.Contains(err.Error(), "escapes from parent"): // os.Root has no value for it
		return fmt.Errorf("%s leads out of %s", name, c.where)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may not be read", name)
	case errors.As(err, &inner):
		return fmt.Errorf("%s cannot be read: %w", name, inner.Err)
	}
	return fmt.Errorf("%s cannot be read: %w", name, err)
}

// series adds one way to fix the bug, the entry of that name. What cannot be read is noted.
func (c *collector) series(entry string, s series) map[string][]byte {
	if s.Patches == nil {
		info, err := fs.Stat(c.from, s.Path)
		switch isPatch := path.Ext(s.Path) == ".patch"; {
		case err == nil && info.IsDir():
			patches, err := c.folder(s.Path, "*.patch")
			c.note(entry, err)
			return patches
		case err != nil && !isPatch:
			c.note(entry, c.unreadable("file or folder", s.Path, err))
			return nil
		case !isPatch:
			c.note(entry, fmt.Errorf("%s is no file whose name ends in .patch", s.Path))
			return nil
		}
		c.note(entry, c.read(s.Path, s.Path))
		return map[string][]byte{path.Base(s.Path): c.contents[s.Path]}
	}
	out := map[string][]byte{}
	for i, name := range s.Patches {
		c.note(fmt.Sprintf("%s.patches[%d]", entry, i), c.read(name, name))
		as := path.Base(name)
		if len(s.Patches) > 1 { // a series is read in the order of names
			as = fmt.Sprintf("%02d-%s", i, as)
		}
		out[as] = c.contents[name]
	}
	return out
}

// Text is a file of the scenario's, by its path; nil where it names no such. Its own
// is FileName.
func (s Scenario) Text(name string) []byte { return s.contents[name] }

// hashOf is the hash of files by their paths.
func hashOf(contents map[string][]byte) string {
	sum := disk.NewHash()
	fmt.Fprintf(sum, "kcovrig %s\n", format)
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		fmt.Fprintf(sum, "%d %s %d\n", len(name), name, len(contents[name]))
		sum.Write(contents[name])
	}
	return sum.Hex()
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
