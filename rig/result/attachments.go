// SPDX-License-Identifier: Apache-2.0

package result

import (
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"kcovrig/rig/disk"
	"kcovrig/rig/trial"
)

// PatchFile is the name, in a variant's folder, of the patch that made it.
const PatchFile = "made-by.patch"

// How much of a file is read: of a console its end, of the others their beginning. A
// listing is read to be searched, the others to be shown.
const (
	maxPatch   = 64 << 10
	maxConsole = 32 << 10
	maxListing = 4 << 20
)

// Attachments are what lies in a run's folder beside the document, and is shown with it. What
// is not there is left out: folders of earlier versions and documents by themselves have
// less, or nothing.
type Attachments struct {
	Patches  []File // that made a variant of the tree
	Listings []File // of the code that was looked at
	Consoles []File // of the boots that the document names
}

// File is one of them: nothing in it is to be relied on.
type File struct {
	Variant trial.Variant
	Name    string // from the folder
	Text    string
	Left    int64 // bytes that were not read
}

// Of is the file of a variant.
func Of(files []File, v trial.Variant) (File, bool) {
	i := slices.IndexFunc(files, func(f File) bool { return f.Variant == v })
	if i < 0 {
		return File{}, false
	}
	return files[i], true
}

// LoadWhole is Load, with what lies beside the document.
func LoadWhole(path string) (Saved, error) {
	s, err := Load(path)
	if err != nil {
		return s, err
	}
	folder := path
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		folder = filepath.Dir(path)
	}
	s.Attachments = ReadAttachments(folder, s.Document)
	return s, nil
}

// ReadAttachments reads what lies in the folder that a document is or will be in. Of links it
// follows none out of the folder, and it waits for no pipe: the folder may be anybody's.
func ReadAttachments(folder string, d Document) Attachments {
	var b Attachments
	root, err := os.OpenRoot(folder)
	if err != nil {
		return b
	}
	defer root.Close()
	add := func(to *[]File, v trial.Variant, name string, most int64, end bool) {
		if slices.ContainsFunc(*to, func(f File) bool { return f.Name == name }) {
			return
		}
		if f, ok := readIn(root, name, most, end); ok {
			f.Variant = v
			*to = append(*to, f)
		}
	}
	for _, v := range trial.Pair() {
		add(&b.Patches, v, filepath.Join(string(v), PatchFile), maxPatch, false)
	}
	for _, c := range d.Code {
		if c.Listing != "" {
			add(&b.Listings, c.Variant, nameIn(c.Listing), maxListing, false)
		}
	}
	for _, m := range d.Measured {
		if m.Console != "" {
			add(&b.Consoles, m.Variant, nameIn(m.Console), maxConsole, true)
		}
	}
	return b
}

// nameIn is how a file of a boot is called from the run's folder, wherever that was: it
// lies in the boot's own folder there.
func nameIn(path string) string {
	return filepath.Join(filepath.Base(filepath.Dir(path)), filepath.Base(path))
}

func readIn(root *os.Root, name string, most int64, end bool) (File, bool) {
	file := File{Name: name}
	f, err := root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return file, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || disk.Regular(info.Mode()) != nil {
		return file, false
	}
	file.Left = max(0, info.Size()-most)
	if end {
		if _, err := f.Seek(file.Left, io.SeekStart); err != nil {
			return file, false
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, most))
	file.Text = string(text)
	return file, err == nil
}
