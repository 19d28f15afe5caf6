// SPDX-License-Identifier: Apache-2.0

package author

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel"
	"kcovrig/rig/internal/kernel/kbuild"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/mailpatch"
	"kcovrig/rig/scenario"
	"kcovrig/rig/trial"
)

// Request is what a scenario is to be made of.
type Request struct {
	Dir                  string // to write; empty: the scenario's name
	Name                 string // empty: that of Dir, or made of the patch's subject
	Patch, Repro, Config string // files; the latter two may be empty
	Tree, Rev            string // as for a build; empty: none is looked at
	CacheDir             string
	Events               trial.Sink // what is done; nil: nobody looks
}

// Written is a scenario that was written.
type Written struct {
	Name  string   `json:"name"`
	Dir   string   `json:"dir"`
	Files []string `json:"files"` // in it, sorted
	Todo  []Remark `json:"todo"`  // what is left to the writer
	Next  string   `json:"next"`  // the command that goes on, as a shell takes it
}

// New writes a scenario's folder, and never over what is there.
func New(ctx context.Context, o Request) (Written, error) {
	in, err := o.read()
	if err != nil {
		return Written{}, err
	}
	if o.Dir != "" {
		if err := empty(o.Dir); err != nil { // before a tree is unpacked
			return Written{}, err
		}
	}
	if in.Tree, err = o.look(ctx, in.Patch); err != nil {
		return Written{}, err
	}
	name, files, err := Draft(in)
	if err != nil {
		return Written{}, err
	}
	dir := o.Dir
	if dir == "" {
		dir = name
	}
	if err := empty(dir); err != nil {
		return Written{}, err
	}
	w := Written{Name: name, Dir: dir, Files: slices.Sorted(maps.Keys(files)), Todo: []Remark{}, Next: o.next(dir)}
	for _, f := range w.Files {
		w.Todo = append(w.Todo, marks(filepath.Join(dir, f), files[f])...)
	}
	return w, write(dir, files)
}

// next is the command that looks over what was written, in the same tree.
func (o Request) next(dir string) string {
	argv := []string{"kcovrig", "scenario", "check"}
	if o.Tree != "" {
		argv = append(argv, "--tree", o.Tree)
	}
	if o.Rev != "" {
		argv = append(argv, "--rev", o.Rev)
	}
	if strings.HasPrefix(dir, "-") || slices.Contains(scenario.Names(), dir) { // a flag, or one that comes with kcovrig
		dir = "./" + dir
	}
	return proc.Quote(append(argv, dir))
}

// read reads what the request names.
func (o Request) read() (Input, error) {
	in := Input{Name: o.Name}
	if o.Rev != "" && o.Tree == "" {
		return in, &fault.Error{Kind: fault.User, Err: errors.New("--rev needs --tree"), Try: "--tree with the git repository that has it"}
	}
	if o.Dir != "" && o.Name == "" {
		in.Name = nameOf(filepath.Base(filepath.Clean(o.Dir)))
	}
	one := func(flag, name string) (*File, error) {
		if name == "" {
			return nil, nil
		}
		text, err := disk.ReadInput(name)
		return &File{filepath.Base(name), text}, fault.Wrap(fault.User, flag+" "+name, err)
	}
	patch, err := one("--patch", o.Patch)
	if err != nil {
		return in, err
	}
	if patch == nil {
		return in, &fault.Error{Kind: fault.User, Op: "--patch", Err: errors.New("no patch: it says where the bug is"), Try: "--patch FILE, such as git format-patch -1 COMMIT writes it"}
	}
	in.Patch = *patch
	if in.Program, err = one("--repro", o.Repro); err != nil {
		return in, err
	}
	if in.Program != nil && len(in.Program.Text) == 0 {
		return in, fault.Newf(fault.User, "--repro "+o.Repro, "it is empty")
	}
	if in.Config, err = one("--config", o.Config); in.Config == nil {
		return in, err
	}
	return in, fault.Wrap(fault.User, "--config", scenario.CheckFragment(in.Config.Name, string(in.Config.Text)))
}

// look asks the tree what it says of the patch.
func (o Request) look(ctx context.Context, patch File) (_ *Tree, err error) {
	if o.Tree == "" {
		return nil, nil
	}
	patches, _, err := mailpatch.Read(patch.Name, patch.Text)
	if err != nil {
		return nil, err
	}
	opened, err := o.openTree(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	t := &Tree{Version: opened.Version}
	files := Files(patches)
	if !slices.ContainsFunc(files, compiled) {
		if t.Proposed, err = propose(ctx, opened.Sources(), opened.Arch(), patches, makes(opened.ReadFile)); err != nil {
			return nil, err
		}
		files = append(files, t.Proposed.Files...)
	}
	t.Build = settings(files, opened.ReadFile)
	has, err := opened.HasPatches(ctx, patches)
	switch {
	case trial.Inapplicable(err) != nil:
		t.Why = why(err)
	case err != nil:
		return nil, err
	case has:
		t.Side = Has
	default:
		t.Side = Lacks
	}
	return t, nil
}

// why is the reason why a patch fits nowhere, in one line.
func why(err error) string {
	for _, tried := range trial.Inapplicable(err).Tries {
		if advice := tried.Advice(); advice != "" {
			return advice
		}
		if tried.On != "" {
			return tried.On
		}
	}
	return err.Error()
}

// openTree opens the kernel's tree, for what it says without being built.
func (o Request) openTree(ctx context.Context) (*kernel.Tree, error) {
	first, err := arch.Lookup(arch.Names()[0])
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "open the tree", err)
	}
	cacheDir, err := disk.Absolute(o.CacheDir)
	if err != nil {
		return nil, err
	}
	tell := func(e trial.Event) {
		if o.Events != nil {
			o.Events(e)
		}
	}
	return kernel.Open(ctx, kernel.Config{
		Arch: first, Tree: o.Tree, Rev: o.Rev, CacheDir: cacheDir, Jobs: runtime.NumCPU(),
		Progress: func(line string) { tell(trial.Event{Line: line}) }, Waiting: func(sentence string) { tell(trial.Event{Waiting: sentence}) },
		Fragments: []kbuild.Fragment{{Name: "all"}},
	})
}

// empty refuses a folder that holds anything: nobody's work is written over.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault.Wrap(fault.User, "write the scenario", err)
	case len(entries) > 0:
		return &fault.Error{Kind: fault.User, Op: "write the scenario", Err: fmt.Errorf("%s holds files already", dir), Try: "another folder, behind the flags"}
	}
	return nil
}

// write puts the files into the folder, scenario.yaml last: a folder without one is none yet.
func write(dir string, files map[string][]byte) error {
	const op = "write the scenario"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Wrap(fault.User, op, err)
	}
	names := slices.Sorted(maps.Keys(files))
	names = append(slices.DeleteFunc(names, func(name string) bool { return name == scenario.FileName }), scenario.FileName)
	for _, name := range names {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err == nil {
			_, err = f.Write(files[name])
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			return fault.Wrap(fault.User, op, err)
		}
	}
	return nil
}
