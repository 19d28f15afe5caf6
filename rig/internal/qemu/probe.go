// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kcovrig/rig/arch"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// MinPluginAPI is the first API with qemu_plugin_set_pc, which the emulator needs: QEMU 11.0.
const MinPluginAPI = 6

// probeTime bounds a question to an installed QEMU.
const probeTime = 20 * time.Second

// Capabilities is what an installed QEMU can do.
type Capabilities struct {
	Version   string // "11.1.3"
	Plugins   bool   // it was built with TCG plugins
	PluginAPI int    // 0 where there are none or too old to matter
}

// CheckMemoryEmulator says in one line why the weak-memory emulator cannot run on it; nil where it can.
func (c Capabilities) CheckMemoryEmulator() error {
	const op = "use QEMU's plugins"
	switch {
	case !c.Plugins:
		return fault.Newf(fault.Rig, op, "QEMU %s was built without TCG plugins; the emulator needs QEMU 11.0 or later with them", c.Version)
	case c.PluginAPI < MinPluginAPI:
		return fault.Newf(fault.Rig, op, "QEMU %s is too old for the emulator: it has plugin API %d, needed is %d (QEMU 11.0 or later)",
			c.Version, c.PluginAPI, MinPluginAPI)
	default:
		return nil
	}
}

// Probe asks the QEMU behind the command prefix for its version and reads from
// its symbols which plugin API it has.
func Probe(ctx context.Context, binary []string, a arch.Arch) (Capabilities, error) {
	if len(binary) == 0 {
		return Capabilities{}, fault.Newf(fault.Rig, "probe QEMU", "no QEMU for %s", a.Name)
	}
	op := "ask " + a.QEMU + " for its version"
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	res, err := proc.Run(ctx, proc.Command{
		Path: binary[0], Args: append(slices.Clone(binary[1:]), "--version"), Kind: fault.Rig, Op: op,
	})
	if err != nil {
		return Capabilities{}, err
	}
	caps, err := parseVersion(string(res.Stdout))
	if err != nil {
		return caps, fault.Wrap(fault.Rig, op, err)
	}
	symbols, err := exported(program(binary, a))
	if err != nil {
		return caps, fault.Wrap(fault.Rig, "read which plugin API "+a.QEMU+" has", err)
	}
	caps.Plugins = symbols["qemu_plugin_register_vcpu_tb_trans_cb"]
	caps.PluginAPI = pluginAPI(caps, symbols)
	return caps, nil
}

var versionLine = regexp.MustCompile(`^QEMU emulator version ([0-9]+\.[0-9]+\.[0-9]+)`)

func parseVersion(text string) (Capabilities, error) {
	m := versionLine.FindStringSubmatch(text)
	if m == nil {
		return Capabilities{}, fmt.Errorf("not QEMU's version: %q", proc.LastLines(text, 3))
	}
	return Capabilities{Version: m[1]}, nil
}

// program is QEMU's own file in a prefix that may begin with its loader.
func program(binary []string, a arch.Arch) string {
	for _, word := range binary {
		if filepath.Base(word) == a.QEMU {
			return word
		}
	}
	return binary[0]
}

// exported is the set of symbols that a plugin could be linked against.
func exported(path string) (map[string]bool, error) {
	path, err := proc.LookPath(path)
	if err != nil {
		return nil, err
	}
	f, err := elf.Open(path)
	if format := (*elf.FormatError)(nil); errors.As(err, &format) {
		return nil, &fault.Error{
			Kind: fault.User, Err: fmt.Errorf("%s is no ELF program, perhaps a script, and does not show which plugin interface it has: %w", path, err),
			Try: "name the program that it starts",
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	all, err := f.DynamicSymbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	symbols := map[string]bool{}
	for _, s := range all {
		if s.Section != elf.SHN_UNDEF && strings.HasPrefix(s.Name, "qemu_plugin_") {
			symbols[s.Name] = true
		}
	}
	return symbols, nil
}

// pluginAPI trusts the symbols as far as they tell versions apart. API 7 added
// none (it changed signatures): there QEMU's own version decides.
// Numbers: QEMU_PLUGIN_VERSION in include/plugins/qemu-plugin.h of each release.
func pluginAPI(c Capabilities, symbols map[string]bool) int {
	parts := strings.Split(c.Version, ".")
	major, _ := strconv.Atoi(parts[0])
	minor, _ := strconv.Atoi(parts[1])
	switch {
	case !c.Plugins:
		return 0
	case symbols["qemu_plugin_set_pc"] && (major > 11 || major == 11 && minor >= 1):
		return 7
	case symbols["qemu_plugin_set_pc"]:
		return 6
	case symbols["qemu_plugin_write_register"]:
		return 5
	case symbols["qemu_plugin_read_register"]:
		return 4
	default:
		return 1
	}
}
