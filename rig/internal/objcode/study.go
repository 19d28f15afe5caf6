// SPDX-License-Identifier: Apache-2.0

package objcode

import (
	"context"
	"path/filepath"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/objcode/insn"
	"kcovrig/rig/objfile"
)

// study is one analysis at work.
type study struct {
	cfg    Config
	im     *elfcode.Image
	copies map[uint64]bool // addresses of the copy functions
	info   *debugInfo
	place  layout
	called *calls
	// library is filled last: only the listing needs it.
	library library
}

// load compiles the side object and finds the function's code in vmlinux.
func (s *study) load(ctx context.Context) error {
	path, err := s.cfg.Debug, error(nil)
	if path == "" {
		path, err = CompileDebug(ctx, s.cfg.BuildDir, s.cfg.Object, s.cfg.OutDir)
	}
	if err != nil {
		return err
	}
	debug, err := objfile.Open(path)
	if err != nil {
		return err
	}
	defer debug.Close()
	built, err := objfile.Open(filepath.Join(s.cfg.BuildDir, s.cfg.Object))
	if err != nil {
		return err
	}
	defer built.Close()
	d, err := debug.DWARF()
	if err != nil {
		return err
	}
	if s.info, err = readDebugInfo(d, s.cfg.Function, s.cfg.Copy, s.cfg.BuildDir); err != nil {
		return fault.Wrap(fault.Rig, "read "+path, err)
	}
	s.info.files.replace(s.cfg.Object, s.cfg.Source)
	for _, r := range s.info.body {
		if f, ok := debug.FunctionAt(r.Start); ok {
			if err := sameAsBuilt(built, debug, f, s.info.body); err != nil {
				return err
			}
		}
	}
	s.place, err = newLayout(s.im, debug, s.info.body)
	return err
}

// source gives the source line of the code at addr in vmlinux.
func (s *study) source(addr uint64) elfcode.Line {
	l := s.im.Line(insn.Instruction{Addr: addr})
	if at, ok := s.place.toObject(addr); ok {
		r := s.info.lines.At(at)
		l.File, l.Line, l.Source = r.File, r.Line, s.info.files.text(r.File, r.Line)
	}
	return l
}
