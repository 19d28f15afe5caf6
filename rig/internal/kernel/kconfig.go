// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/kernel/kbuild"
)

// Symbols are the configuration symbols that the tree's Kconfig files define, for any
// architecture, without CONFIG_, each with the first file that does; with one of another
// architecture only where no other does.
func (t *Tree) Symbols() (map[string]string, error) {
	all := map[string]string{}
	err := filepath.WalkDir(t.src, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasPrefix(d.Name(), "Kconfig") {
			return err
		}
		name, err := filepath.Rel(t.src, path)
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			m := kbuild.SymbolLine.FindStringSubmatch(lines.Text())
			if m != nil && (all[m[1]] == "" || t.cfg.Arch.Foreign(all[m[1]]) && !t.cfg.Arch.Foreign(name)) {
				all[m[1]] = name
			}
		}
		return errors.Join(err, lines.Err())
	})
	return all, fault.Wrap(fault.Rig, "list the configuration symbols", err)
}

// lost are the requested settings that a configuration has not, each with what it depends
// on that is not met.
func (t *Tree) lost(symbols []kbuild.Symbol, dotConfig string) ([]kbuild.Lost, error) {
	lost := kbuild.LostSettings(symbols, dotConfig)
	if len(lost) == 0 {
		return nil, nil
	}
	files, err := t.Symbols()
	if err != nil {
		return nil, err
	}
	set := kbuild.Settings(dotConfig)
	for i, l := range lost {
		name := strings.TrimPrefix(l.Name, "CONFIG_")
		if file := files[name]; file != "" && l.Value != "n" {
			lost[i].Unmet = kbuild.Unmet(name, file, set, t.read)
		}
	}
	return lost, nil
}

// checkConfig refuses a configuration in which requested settings are lost.
func (t *Tree) checkConfig(symbols []kbuild.Symbol, dotConfig string) error {
	lost, err := t.lost(symbols, dotConfig)
	if err != nil {
		return err
	}
	return kbuild.CheckConfig(lost)
}
