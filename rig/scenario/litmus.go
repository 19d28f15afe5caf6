// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"embed"
	"io/fs"
)

//go:embed */*.litmus
var litmusFiles embed.FS

// litmus returns a scenario's litmus tests. The names are constants of this
// package: an unknown one panics.
func litmus(name string) fs.FS {
	sub, err := fs.Sub(litmusFiles, name)
	if err != nil {
		panic(err)
	}
	return sub
}
