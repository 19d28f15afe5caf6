// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"archive/tar"
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

//go:embed plugin/*.c plugin/*.h
var embedded embed.FS

// Sources are the C files of one plugin. The zero value is this program's own.
type Sources struct {
	files map[string][]byte // by name, never none
}

// own are the sources that this program was built with.
func own() (Sources, error) {
	s := Sources{files: map[string][]byte{}}
	entries, err := fs.ReadDir(embedded, "plugin")
	if err != nil {
		return s, err
	}
	for _, e := range entries {
		if s.files[e.Name()], err = embedded.ReadFile("plugin/" + e.Name()); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s Sources) orOwn() (Sources, error) {
	if s.files != nil {
		return s, nil
	}
	return own()
}

// names lists the files, sorted.
func (s Sources) names() []string { return slices.Sorted(maps.Keys(s.files)) }

// key is a hash over the given files, in that order.
func (s Sources) key(names ...string) string {
	sum := disk.NewHash()
	for _, name := range names {
		fmt.Fprintf(sum, "%s %d\n", name, len(s.files[name]))
		sum.Write(s.files[name])
	}
	return sum.Hex()[:16]
}

// between are the files that say what the rig and the plugin exchange: the
// plan, the counters, the trace, and how the guest's RAM is found.
var between = []string{"alter.h", "counters.h", "memory.c", "memory.h", "plan.c", "plan.h", "trace.h"}

// Interface hashes what this program's rig and plugin exchange. A plugin whose
// Sources have another one is not used: its plan or its records may be others.
func Interface() (string, error) {
	s, err := own()
	return s.key(between...), fault.Wrap(fault.Rig, "read the emulator's sources", err)
}

// check refuses sources with another interface than this program's.
func (s Sources) check() error {
	ours, err := Interface()
	if theirs := s.key(between...); err == nil && theirs != ours {
		err = &fault.Error{Kind: fault.Rig, Op: "use the emulator that was sent", Err: fmt.Errorf("its interface is %s, and this kcovrig's %s", theirs, ours),
			Try: "run the same version of kcovrig everywhere"}
	}
	return err
}

// Bounds of what Unpack takes: many times what there is.
const (
	maxFiles = 256
	maxBytes = 1 << 20 // of one file
)

// Pack returns the sources as one tar file, the same bytes for the same sources.
func (s Sources) Pack() ([]byte, error) {
	const op = "pack the emulator's sources"
	s, err := s.orOwn()
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range s.names() {
		err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(s.files[name])), Format: tar.FormatUSTAR})
		if err == nil {
			_, err = w.Write(s.files[name])
		}
		if err != nil {
			return nil, fault.Wrap(fault.Rig, op, err)
		}
	}
	return out.Bytes(), fault.Wrap(fault.Rig, op, w.Close())
}

var sourceName = regexp.MustCompile(`^[a-z][a-z0-9_]*\.[ch]$`)

// Unpack undoes Pack. It takes plain files with plain names, and the
// interface that this program has; all else is a fault of the rig.
func Unpack(packed []byte) (Sources, error) {
	const op = "unpack the emulator's sources"
	s := Sources{files: map[string][]byte{}}
	for in := tar.NewReader(bytes.NewReader(packed)); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return s, s.check()
		}
		if err != nil {
			return Sources{}, fault.Wrap(fault.Rig, op, err)
		}
		_, twice := s.files[h.Name]
		if twice || h.Typeflag != tar.TypeReg || !sourceName.MatchString(h.Name) || h.Size > maxBytes || len(s.files) == maxFiles {
			return Sources{}, fault.Newf(fault.Rig, op, "%q, type %q, %d bytes, is no plain source file, or one too many", h.Name, h.Typeflag, h.Size)
		}
		if s.files[h.Name], err = io.ReadAll(in); err != nil {
			return Sources{}, fault.Wrap(fault.Rig, op, err)
		}
	}
}

// Name says which emulator it is: QEMU's plugin API, a hash of the sources and of
// how they are compiled, and the macros that they are compiled with.
func (s Sources) Name(api int, define []string) (string, error) {
	s, err := s.orOwn()
	if err != nil {
		return "", fault.Wrap(fault.Rig, "name the emulator", err)
	}
	how := strings.Join(CompileArgs(min(api, MaxAPI), nil, ""), " ")
	name := strings.Join(append([]string{disk.Sum([]byte(s.key(s.names()...) + how))[:16]}, define...), "-")
	return fmt.Sprintf("weakmem-api%d-%s", min(api, MaxAPI), name), nil
}

// compile makes the plugin's shared object in the cache, unless it is there.
func (s Sources) compile(ctx context.Context, cfg Config) (string, error) {
	const op = "compile the emulator"
	s, err := s.orOwn()
	if err != nil {
		return "", fault.Wrap(fault.Rig, op, err)
	}
	name, err := s.Name(cfg.API, cfg.Define)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cfg.CacheDir, "plugin")
	out := filepath.Join(dir, name+".so")
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	cc, err := proc.LookPath("cc")
	if err != nil {
		return "", &fault.Error{Kind: fault.Rig, Op: op, Err: err, Try: "apt-get install gcc libc6-dev"}
	}
	work, err := s.write(ctx, dir)
	if err != nil {
		return "", fault.Wrap(fault.Rig, op, err)
	}
	defer work.Close()
	code := slices.DeleteFunc(s.names(), func(name string) bool { return filepath.Ext(name) != ".c" })
	_, err = proc.Run(ctx, proc.Command{
		Path: cc, Args: append(defines(cfg.Define), CompileArgs(min(cfg.API, MaxAPI), code, "weakmem.so")...), Dir: work.Dir, Pass: proc.Ccache,
		Log: filepath.Join(dir, "compile.log"), Kind: fault.Rig, Op: op,
	})
	if err != nil {
		return "", err
	}
	if err := disk.Place(filepath.Join(work.Dir, "weakmem.so"), out); err != nil {
		return "", fault.Wrap(fault.Rig, op, err)
	}
	return out, nil
}

// CompileArgs is the compiler's argument list for the given C files.
func CompileArgs(api int, files []string, out string) []string {
	args := []string{"-shared", "-fPIC", "-O2", "-g", "-Wall", "-Wextra", "-fvisibility=hidden",
		fmt.Sprintf("-DKCOVRIG_API=%d", api)}
	return append(append(args, files...), "-o", out)
}

func defines(macros []string) []string {
	var args []string
	for _, m := range macros {
		args = append(args, "-D"+m)
	}
	return args
}

// write puts the files into a new folder below dir; the caller closes it.
func (s Sources) write(ctx context.Context, dir string) (*disk.Folder, error) {
	work, err := disk.NewFolder(ctx, dir)
	if err != nil {
		return nil, err
	}
	for _, name := range s.names() {
		if err := os.WriteFile(filepath.Join(work.Dir, name), s.files[name], 0o644); err != nil {
			return nil, errors.Join(err, work.Close())
		}
	}
	return work, nil
}
