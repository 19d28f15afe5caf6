// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"kcovrig/rig/fault"
)

// generators name the file below the build folder whose own inputs a generated
// header depends on, as Kbuild at the top of the tree has it.
var generators = map[string]string{
	"include/generated/asm-offsets.h": "arch/%/kernel/asm-offsets.s",
	"include/generated/bounds.h":      "kernel/bounds.s",
	"include/generated/rq-offsets.h":  "kernel/sched/rq-offsets.s",
}

// Inputs are the files of the source folder that the objects, as they were last
// built, were made of, headers and the headers' own origins included. What else an
// object depends on is the configuration, kbuild's files, and scripts.
func (b *Workspace) Inputs(objects []string) (map[string]bool, error) {
	inputs, seen := map[string]bool{}, map[string]bool{}
	todo := append([]string(nil), objects...)
	for len(todo) > 0 {
		object := todo[0]
		todo = todo[1:]
		if seen[object] {
			continue
		}
		seen[object] = true
		files, err := b.dependencies(object)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			rel, inTree := below(b.tree.src, f)
			made, inBuild := below(b.out(), f)
			switch origin, known := generators[made]; {
			case inTree:
				inputs[rel] = true
			case inBuild && known:
				todo = append(todo, strings.Replace(origin, "%", b.tree.cfg.Arch.KernelArch, 1))
			case !inBuild && !strings.HasPrefix(f, "/usr/"): // a compiler's own header is the compiler's
				return nil, fault.Newf(fault.Rig, "find what "+object+" was made of", "%s is neither of the tree nor of the build", f)
			}
		}
	}
	return inputs, nil
}

// dependencies reads what kbuild noted of an object: its source and every file
// that the compiler read, as absolute paths (scripts/basic/fixdep.c).
func (b *Workspace) dependencies(object string) ([]string, error) {
	op := "find what " + object + " was made of"
	text, err := os.ReadFile(filepath.Join(b.out(), commandFile(object)))
	if err != nil {
		return nil, fault.Wrap(fault.Kernel, op, err)
	}
	var files []string
	take := func(word string) {
		if !filepath.IsAbs(word) {
			word = filepath.Join(b.out(), word)
		}
		files = append(files, filepath.Clean(word))
	}
	within := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if source, ok := strings.CutPrefix(line, "source_"+object+" := "); ok {
			take(source)
			continue
		}
		if strings.HasPrefix(line, "deps_"+object+" :=") {
			within = true
			continue
		}
		word := strings.TrimSpace(strings.TrimSuffix(line, "\\"))
		switch {
		case within && word != "" && !strings.HasPrefix(word, "$("):
			take(word)
		case within && word == "":
			within = false
		}
	}
	if len(files) < 2 {
		return nil, fault.Newf(fault.Kernel, op, "kbuild's command file has another form")
	}
	return files, nil
}

func below(dir, file string) (string, bool) {
	rel, err := filepath.Rel(dir, file)
	return rel, err == nil && filepath.IsLocal(rel)
}

// Everywhere says whether any object may depend on a file: a part of the
// configuration, of kbuild, or a program or table that headers are made from.
func Everywhere(file string) bool {
	base := path.Base(file)
	for _, prefix := range []string{"Kconfig", "Makefile", "Kbuild"} {
		if strings.HasPrefix(base, prefix) {
			return true
		}
	}
	switch path.Ext(base) {
	case ".tbl", ".sh", ".awk", ".pl", ".py", ".bc", ".lds", ".include", ".config":
		return true
	}
	return strings.HasPrefix(file, "scripts/") || strings.HasPrefix(file, "arch/") && strings.Contains(file, "/tools/") ||
		strings.HasPrefix(file, "tools/objtool/") || strings.HasPrefix(file, "tools/include/") || strings.HasPrefix(file, "tools/build/")
}

// Configuring says whether the configuration may depend on a file.
func Configuring(file string) bool {
	return strings.HasPrefix(path.Base(file), "Kconfig") || strings.HasPrefix(file, "scripts/") || file == "Makefile" ||
		strings.HasPrefix(file, "arch/") && strings.HasPrefix(path.Base(file), "Makefile")
}
