// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"context"
	"debug/elf"
	"path/filepath"

	"kcovrig/rig/coderange"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/objfile"
)

// library is the source of the callees: the architecture's routines, compiled
// once more with debug information like the object of interest.
type library []routine

// routine is one callee with its own debug information.
type routine struct {
	placed
	info *debugInfo
}

// source completes a line where its source is known.
func (l library) source(line elfcode.Line) elfcode.Line {
	for _, r := range l {
		if r.code.Holds(line.Addr) {
			at := r.info.lines.At(line.Addr - r.code.Start + r.object)
			line.File, line.Line, line.Source = at.File, at.Line, r.info.files.text(at.File, at.Line)
		}
	}
	return line
}

// readLibrary finds the source of the callees in scope. A callee whose object
// is elsewhere, does not compile or has other code stays without: a source line
// is an addition.
func readLibrary(ctx context.Context, cfg Config, im *elfcode.Image, scope []coderange.Range) (library, error) {
	if cfg.Arch.TSO {
		return nil, nil // no event is told there
	}
	folder := filepath.Join("arch", cfg.Arch.KernelArch, "lib")
	objects, err := filepath.Glob(filepath.Join(cfg.BuildDir, folder, "*.o"))
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "find the callees' objects", err)
	}
	work, err := disk.NewTempFolder()
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "compile the callees", err)
	}
	defer work.Close()
	var found library
	for _, path := range objects {
		for _, r := range scope {
			if r.Role != coderange.Callee || !defines(im, path, r.Start) {
				continue
			}
			if one, err := readRoutine(ctx, cfg, im, filepath.Join(folder, filepath.Base(path)), r.Start, work.Dir); err == nil {
				found = append(found, one)
			}
		}
	}
	return found, ctx.Err()
}

// defines says whether the object at path has a function that vmlinux has at addr.
func defines(im *elfcode.Image, path string, addr uint64) bool {
	o, err := objfile.Open(path)
	if err != nil {
		return false
	}
	defer o.Close()
	_, found := functionOf(im, o, addr)
	return found
}

func functionOf(im *elfcode.Image, o *objfile.Object, addr uint64) (elf.Symbol, bool) {
	for _, f := range o.Functions() {
		if f.Size > 0 && im.Addresses([]string{f.Name})[addr] {
			return f, true
		}
	}
	return elf.Symbol{}, false
}

// readRoutine compiles object and reads where the lines of its function come
// from, which vmlinux has at addr with the same code.
func readRoutine(ctx context.Context, cfg Config, im *elfcode.Image, object string, addr uint64, work string) (routine, error) {
	path, err := CompileDebug(ctx, cfg.BuildDir, object, work, cfg.Sandbox)
	if err != nil {
		return routine{}, err
	}
	o, err := objfile.Open(path)
	if err != nil {
		return routine{}, err
	}
	defer o.Close()
	f, ok := functionOf(im, o, addr)
	if !ok {
		return routine{}, fault.Newf(fault.Rig, "read "+path, "it lacks the function of %s", object)
	}
	p, err := locate(im, o, f, nil)
	if err != nil {
		return routine{}, err
	}
	d, err := o.DWARF()
	if err != nil {
		return routine{}, err
	}
	info := &debugInfo{files: &sources{dir: cfg.BuildDir, lines: map[string][]string{}}}
	info.lines, err = objfile.ReadLines(d)
	return routine{p, info}, err
}
