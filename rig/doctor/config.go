// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"kcovrig/rig/arch"
	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
)

// Config says what the machine is to be fit for.
type Config struct {
	Archs    []string
	CacheDir string
	QEMU     string
}

// resolve finds the architectures that are named, and where the cache is.
func (cfg Config) resolve() (Config, []arch.Arch, error) {
	var err error
	if cfg.CacheDir, err = disk.Absolute(cfg.CacheDir); err != nil {
		return cfg, nil, err
	}
	var archs []arch.Arch
	for _, name := range cfg.Archs {
		a, err := arch.Lookup(name)
		if err != nil {
			return cfg, nil, fault.Wrap(fault.User, "--arch", err)
		}
		archs = append(archs, a)
	}
	return cfg, archs, nil
}
