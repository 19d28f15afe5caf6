// SPDX-License-Identifier: Apache-2.0

package prepare_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/guest/mark"
	"kcovrig/guest/wire"
	"kcovrig/rig/boot"
	"kcovrig/rig/coderange"
	"kcovrig/rig/command"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/kernels"
	"kcovrig/rig/prepare"
	"kcovrig/rig/rigtest"
	"kcovrig/rig/trial"
)

// reportingSource is a lab whose patched kernel alone has a function die.
type reportingSource struct{ rigtest.Source }

func (s reportingSource) Analyse(ctx context.Context, image kernels.Image, dir string) (kernels.Analysis, error) {
	a, err := s.Source.Analyse(ctx, image, dir)
	if image.Built.Variant == trial.Patched {
		a.Reports = []coderange.Range{{Symbol: "die", Start: 0x4000, End: 0x4100}}
		a.Detected = []elfcode.Line{{Addr: 0x5000, Symbol: "tls_getsockopt", Text: "ldr x0, [x1]"}}
	}
	return a, err
}

// The emulator watches where the kernel begins to report, the guest marks its hits, and
// of what there can be no witness a note says so.
func TestHitsOfAProgramHaveWitnesses(t *testing.T) {
	lab := rigtest.NewLab(rigtest.Guest{}, rigtest.Guest{})
	cfg := lab.Config(t)
	cfg.Kernels = func(context.Context, kernels.Config) (kernels.Source, error) {
		return reportingSource{rigtest.Source{Lab: lab}}, nil
	}
	cfg.Spec.Scenario, cfg.Spec.Modes, cfg.Spec.Readers = "tls", nil, nil
	run, err := command.Begin(cfg, "compare")
	require.NoError(t, err)
	of := &run.Scenario.Program.Start
	of.Detect = append(of.Detect, wire.Detect{Kind: wire.KindKASAN}, wire.Detect{Kind: wire.KindHang, NS: 1e9})
	setup, err := prepare.NewSetup(t.Context(), run.Preparing(), prepare.Request{Variants: trial.Pair()})
	require.NoError(t, err)
	assert.Equal(t, mark.Symbol, setup.Guest.Mark.Symbol)
	request := prepare.BootRequest{Variant: trial.Patched, Reader: trial.InKernel, Hits: boot.MaxHits, Below: "below"}
	config := setup.BootConfig(request)
	assert.Equal(t, []uint64{0x4000}, config.Emulator.Reports)
	assert.Equal(t, boot.MaxHits, config.Emulator.Marks)
	assert.Equal(t, "tls_getsockopt", config.Lines[0].Symbol)
	request.Variant = trial.Unpatched
	assert.Empty(t, setup.BootConfig(request).Emulator.Reports)
	request.Variant, request.Hits = trial.Patched, 0
	assert.Empty(t, setup.BootConfig(request).Emulator.Reports, "nobody asks for them")
	result, err := run.Finish(run.Result(), setup.Close())
	require.NoError(t, err)
	require.Len(t, result.Notes, 3)
	assert.Contains(t, result.Notes[0], "of KASAN reports no witnesses")
	assert.Contains(t, result.Notes[1], "of hangs no witnesses")
	assert.Contains(t, result.Notes[2], "what the unpatched kernel reports by die()")
}
