// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"kcovrig/images"
	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/trial"
	"kcovrig/rig/yamlfile"
	"kcovrig/scenarios"
)

// Default is the bug that is looked at when no other is named.
const Default = scenarios.Default

// Names lists the scenarios that come with kcovrig, sorted.
func Names() []string { return scenarios.Names() }

// shipped reads them, once.
var shipped = sync.OnceValue(func() map[string]Scenario {
	all := map[string]Scenario{}
	for _, name := range Names() {
		file := "scenarios/" + name + "/" + FileName
		s, err := from(scenarios.Files(), file, file)
		if err != nil || s.Name != name {
			panic(fmt.Sprintf("scenario %s, named %q: %v", name, s.Name, err)) // they are part of the program
		}
		s.Shipped = true
		all[name] = s
	}
	return all
})

// Load finds a scenario: the name of one that comes with kcovrig, or else a folder
// that holds scenario.yaml, or such a file.
func Load(ref string) (Scenario, error) {
	if s, ok := shipped()[ref]; ok {
		return s, nil
	}
	dir, name := ref, FileName
	info, err := os.Stat(ref)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint := "; have: " + strings.Join(Names(), ", ")
		if near := yamlfile.Nearest(ref, Names()); near != "" {
			hint = fmt.Sprintf("; did you mean %q?", near)
		}
		return Scenario{}, &fault.Error{Kind: fault.User, Err: fmt.Errorf("unknown scenario %q: neither a scenario that comes with kcovrig, nor a folder or file%s", ref, hint), Try: "kcovrig scenario list; or kcovrig scenario new, which writes one"}
	case err == nil && !info.IsDir():
		dir, name = filepath.Split(filepath.Clean(ref))
		dir = filepath.Clean(dir) // empty is the folder at hand
	}
	shown := filepath.Join(dir, name)
	if top, below, ok := inCheckout(dir); ok {
		dir, name = top, path.Join(below, name)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Scenario{}, fault.Wrap(fault.User, "read the scenario "+ref, err)
	}
	defer root.Close()
	s, err := from(root.FS(), name, shown)
	s.Shipped = err == nil && s.Hash == shipped()[s.Name].Hash
	return s, err
}

// Unpack undoes Pack. A scenario whose hash is not the promised one is refused.
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

// from reads a scenario's file and what it names, whose paths are those of the file
// system. shown is the file's name for people.
func from(files fs.FS, name, shown string) (Scenario, error) {
	c := &collector{from: files, where: "the scenario's folder", contents: map[string][]byte{}}
	if path.Dir(name) != "." {
		c.where = "the repository" // whose scenarios name files from there
	}
	if err := c.read(name, FileName); err != nil {
		return Scenario{}, &fault.Error{Kind: fault.User, Op: "read the scenario " + shown, Err: err, Try: "a folder that kcovrig scenario new writes"}
	}
	f, err := parse(shown, c.contents[FileName])
	if err != nil {
		return Scenario{}, err
	}
	s := c.scenario(f)
	return s, c.failed(shown)
}

// scenario makes the parsed form, with what the file names. What could not be read the
// collector notes, all of it.
func (c *collector) scenario(f file) Scenario {
	s := Scenario{
		Name: f.Name, Title: f.Title, Words: f.words(), Archs: f.Machine.Arch, CPUs: f.Machine.CPUs, MemoryMiB: int(f.Machine.Memory), Kernels: f.Kernels.Range, Objects: f.Objects,
		Function: f.Order.Function, Copy: f.Order.First, Count: f.Order.Count,
		MakeArgs: f.Make, Modes: f.Workload.Modes, Workload: f.Workload.Builtin, Mark: f.Workload.Mark, Readers: f.Workload.Readers,
		Scope:     Scope{Callers: *f.Scope.Patch.Callers, NoCalls: f.Scope.Patch.Calls != nil && !*f.Scope.Patch.Calls, Kernel: f.Scope.Kernel, Callees: f.Scope.Callees},
		Fragments: map[string]string{}, contents: c.contents,
	}
	c.program(&s, f)
	if s.Archs == nil {
		s.Archs = arch.Names()
	}
	for i, one := range f.Fix {
		held, err := inMemory(c.series(fmt.Sprintf("fix[%d]", i), one))
		c.note("", err)
		s.Patches = append(s.Patches, Series{held, one.Reverse, one.Kernels.Range})
	}
	s.Fragments["all"] = images.Fragment("all")
	if s.Program != nil {
		s.Fragments["all"] += images.Fragment("programs")
	}
	s.Fragments["all"] += c.config(f.Config)
	for _, name := range arch.Names() {
		s.Fragments[name] = images.Fragment(name)
	}
	var tests map[string][]byte
	var err error
	if f.Litmus != "" {
		tests, err = c.folder(f.Litmus, "*.litmus")
		c.note("litmus", err)
		c.note("litmus", c.archTests(f.Litmus, tests))
	}
	s.Litmus, err = inMemory(tests)
	c.note("", err)
	s.Hash = hashOf(c.contents)
	return s
}

// config is the scenario's own configuration.
func (c *collector) config(f fragment) string {
	if f.File == "" {
		return f.Text
	}
	if err := c.read(f.File, f.File); err != nil {
		c.note("config.file", err)
		return ""
	}
	text := string(c.contents[f.File])
	c.note("config.file", CheckFragment(f.File, text))
	return text
}

// CheckFragment says what is wrong with the text of a configuration in a file of its own.
func CheckFragment(name, text string) error {
	if bad := badLine(text); bad != "" {
		return fmt.Errorf("%s: want %s; %s", name, aConfig.words, bad)
	}
	if err := setTwice(text); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// program adds the workload that the scenario brings, if it does.
func (c *collector) program(s *Scenario, f file) {
	p, err := f.program()
	c.note("workload", err)
	if p == nil || err != nil {
		return
	}
	own := map[string][]byte{}
	keep := func(member, name string, most int) {
		err := c.readAtMost(name, name, most)
		c.note(member, err)
		own[name] = c.contents[name]
	}
	if p.Source != "" {
		keep("workload.source", p.Source, maxFile)
		headers, err := fs.Glob(c.from, path.Join(path.Dir(p.Source), "*.h"))
		c.note("workload.source", err)
		for _, h := range headers {
			keep("workload.source", h, maxFile)
		}
		c.header(path.Dir(p.Source), own)
	} else {
		keep("workload.binary", p.Binary, maxBinary)
	}
	for i, name := range p.GuestFiles {
		keep(fmt.Sprintf("workload.files[%d]", i), name, maxBinary)
	}
	p.Files, err = inMemory(own)
	c.note("workload", err)
	s.ofProgram(p)
}

// includesHeader is a line of C that names the header which comes with kcovrig.
var includesHeader = regexp.MustCompile(`(?m)^[ \t]*#[ \t]*include[ \t]+"` + regexp.QuoteMeta(scenarios.HeaderName) + `"`)

// header adds the header that comes with kcovrig beside a program that includes it and
// has no own: as a file of the scenario's it is part of its hash, and goes where that goes.
func (c *collector) header(dir string, own map[string][]byte) {
	name := path.Join(dir, scenarios.HeaderName)
	if own[name] != nil {
		return
	}
	for _, text := range own {
		if includesHeader.Match(text) {
			own[name] = scenarios.Header()
			c.contents[name] = own[name]
			return
		}
	}
}

// Applies says whether the bug can be looked for on the architecture.
func (s Scenario) Applies(on string) error {
	if !slices.Contains(s.Archs, on) {
		return trial.DoesNotApplyf(fault.User, "", "scenario %s is not for %s (have: %s)", s.Name, on, strings.Join(s.Archs, ", "))
	}
	return nil
}

// HasModes says which of the modes that were asked for the scenario has not.
func (s Scenario) HasModes(modes []string) error {
	for _, m := range modes {
		if !slices.Contains(s.Modes, m) {
			return fmt.Errorf("--mode: unknown mode %q (have: %s)", m, strings.Join(s.Modes, ", "))
		}
	}
	return nil
}
