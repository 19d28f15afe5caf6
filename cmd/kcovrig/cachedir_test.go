// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The XDG Base Directory Specification has relative paths ignored.
func TestTheCacheFolder(t *testing.T) {
	for want, env := range map[string]map[string]string{
		"/named":            {"KCOVRIG_CACHE": "/named", "XDG_CACHE_HOME": "/x", "HOME": "/h"},
		"/x/kcovrig":        {"XDG_CACHE_HOME": "/x", "HOME": "/h"},
		"/h/.cache/kcovrig": {"XDG_CACHE_HOME": "relative/x", "HOME": "/h"},
		"":                  {"XDG_CACHE_HOME": "relative/x"},
	} {
		a := &app{getenv: func(name string) string { return env[name] }}
		assert.Equal(t, want, a.cacheDir(), "%v", env)
	}
}
