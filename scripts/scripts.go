// SPDX-License-Identifier: Apache-2.0

// Package scripts holds what installs, builds, packs and measures kcovrig from a
// shell, and shows the files of scripts/setup to those that run it without a
// checkout: running it is left to rig/doctor.
package scripts

import (
	"embed"
	"io/fs"
)

//go:embed setup lib/*.sh
var files embed.FS

// Files are scripts/setup and what it reads, by their paths below this folder.
func Files() fs.FS { return files }
