// SPDX-License-Identifier: Apache-2.0

// Package patches holds the kernel patches as mail-format files, one folder
// per scenario and series. It owns the bytes only; applying them is left to
// rig/internal/kernel. The patches are GPL-2.0-only, as the kernel is; the
// .license file beside each series says so.
package patches

import (
	"embed"
	"io/fs"
)

//go:embed */*.patch */*/*.patch
var files embed.FS

// Files are the patches, by their paths below this folder.
func Files() fs.FS { return files }
