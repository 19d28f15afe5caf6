// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"os"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// Bundle is the emulator of whoever gave a task: its sources and its policy.
// With it all machines judge alike, whatever kcovrig of their own they have.
type Bundle struct {
	Path   string // of the packed sources
	SHA256 string // of that file, in hexadecimal
	Policy Policy // where nothing else is asked for
}

// Bundled writes this program's own emulator to a file, for other machines.
func Bundled(path string) (Bundle, error) {
	packed, err := Sources{}.Pack()
	if err == nil {
		err = fault.Wrap(fault.Rig, "write the emulator's sources", os.WriteFile(path, packed, 0o644))
	}
	return Bundle{Path: path, SHA256: disk.Sum(packed), Policy: DefaultPolicy()}, err
}

// Sources reads them; nil gives this program's own. Sources whose
// hash does not match are never compiled.
func (b *Bundle) Sources() (Sources, error) {
	if b == nil {
		return Sources{}, nil
	}
	packed, err := os.ReadFile(b.Path)
	if sum := disk.Sum(packed); err == nil && sum != b.SHA256 {
		err = fmt.Errorf("refused: their hash is %s, not %s", sum, b.SHA256)
	}
	if err != nil {
		return Sources{}, fault.Wrap(fault.Rig, "read the emulator's sources", err)
	}
	return Unpack(packed)
}

// OrDefault is the bundle's policy; nil gives this program's own.
func (b *Bundle) OrDefault() Policy {
	if b == nil {
		return DefaultPolicy()
	}
	return b.Policy
}

// Emulation says which plugin Prepare would make, and with which policy.
func (c Config) Emulation() (plugin string, policy map[string]uint64, err error) {
	sources, err := c.sources()
	if err != nil {
		return "", nil, err
	}
	plugin, err = sources.Name(c.API, c.Define)
	return plugin, c.Policy.Parameters(), err
}

func (c Config) sources() (Sources, error) {
	if c.Sent != nil {
		return c.Sent.Sources()
	}
	return c.Sources, nil
}
