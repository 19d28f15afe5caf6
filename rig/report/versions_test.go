// SPDX-License-Identifier: Apache-2.0

package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/goldentest"
	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

func TestVersions(t *testing.T) {
	r := reporttest.Sample()
	r.Go, r.Provenance, r.Host = "go1.26.8", &trial.Provenance{Initramfs: "abc", Plugin: "7-def"}, trial.Host{Arch: "amd64", System: "Debian", CPUs: 2}
	r.Images = []trial.Image{{Variant: trial.Unpatched, Key: "k1"}, {Key: "k2", Variant: trial.Patched}}
	goldentest.Check(t, "versions.txt", words.Versions(result.NewDocument(r)))
	r.Images = []trial.Image{{Key: "k1", Variant: trial.AsIs}}
	assert.Regexp(t, `(?m)^as-is +build k1$`, words.Versions(result.NewDocument(r)))
}
