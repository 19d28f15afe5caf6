// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kcovrig/rig/barrier/candidate"
	"kcovrig/rig/coderange"
	"kcovrig/rig/internal/objcode/elfcode"
	"kcovrig/rig/internal/proc"
	"kcovrig/rig/trial"
)

func TestWhatOrdersAccessesHasItsSourceLines(t *testing.T) {
	const compiler = "aarch64-linux-gnu-gcc"
	if _, err := proc.LookPath(compiler); err != nil {
		t.Skip("needs " + compiler + ": apt-get install gcc-aarch64-linux-gnu, then go test ./rig/kernels")
	}
	binary := filepath.Join(t.TempDir(), "vmlinux")
	source := filepath.Join("..", "internal", "objcode", "objcodetest", "testdata", "ordering.S")
	res, err := proc.Run(t.Context(), proc.Command{Path: compiler, Args: []string{"-nostdlib", "-static", "-no-pie", "-Wl,-e,orders", "-o", binary, source}})
	require.NoError(t, err, res.Tail)
	in, err := elfcode.Functions(binary, []string{"places"})
	require.NoError(t, err)
	start := in[0].Start
	a := Analysis{
		Scope: []coderange.Range{{Symbol: "places", Role: coderange.Body, Start: start, End: in[0].End}},
		Lines: []elfcode.Line{
			{Addr: start + 16, File: "ring.c", Line: 7, Source: "*count = n;"}, {Addr: start + 4, File: "ring.c", Line: 5, Source: "*data = d;"},
			{Addr: start + 12, File: "ring.c", Line: 6, Source: "smp_rmb();"},
		},
	}
	code, err := Orderings(Image{Vmlinux: binary}, a)
	require.NoError(t, err)
	require.Len(t, code.Orderings, 1)
	require.Equal(t, trial.Instruction{Symbol: "places", Offset: 12, Text: "dmb ishld", Source: "ring.c:6", SourceText: "smp_rmb();"}, code.Orderings[0].Instruction)
	require.Equal(t, "ring.c:5", code.Positions[0].After.Source)
	require.Equal(t, "ring.c:7", code.Positions[0].Before.Source)
	require.Equal(t, "*data = d;", code.Accesses[0].SourceText)

	require.Empty(t, FixOf(a, code))
	a.Code.Between = []trial.Instruction{{Symbol: "places", Offset: 12}}
	require.Equal(t, []uint64{start + 12}, FixOf(a, code))
	a.Code.Between, a.FixOrders = nil, []uint64{start + 12}
	require.Equal(t, []uint64{start + 12}, FixOf(a, code))
	a.FixOrders, a.Publishers = nil, []uint64{start + 12}
	require.Empty(t, FixOf(a, code), "a barrier publishes nothing")
	require.Equal(t, []uint64{start + 12}, FixOf(a, candidate.Code{Orderings: []candidate.Ordering{{Address: start + 12, Orders: trial.OrderRelease}}}))
}
