// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"kcovrig/rig/report/reporttest"
	"kcovrig/rig/trial"
)

// Who is sent a page sees first what was tested, when and on what, and the verdict in
// counts; what the table's words mean is a click away, and the small print is last.
func TestThePageBeginsWithWhatWasTested(t *testing.T) {
	page := render(t, "html", reporttest.Load(t, "fixed"))
	before, after, found := strings.Cut(page, "What the reader saw")
	assert.True(t, found)
	for _, want := range []string{
		"<title>kcovrig: fixed: [PATCH] ring: order the &lt;copy&gt; before the count</title>",
		`<p class="lead">Fixed: no stale read in 1682 windows with the patch; without it 296 of 1691 stale.</p>`,
		"<dt>patch</dt><dd>[PATCH] ring: order", "<dt>date</dt><dd>2026-11-27 21:05:03 UTC", "<dt>kernel</dt><dd>Linux 6.12.117, arm64</dd>", "<dt>compiler</dt>",
		`<a href="#r1-s">`,
	} {
		assert.Contains(t, before, want)
	}
	for _, word := range []string{"window", "stale read", "mode", "reader", "block"} {
		assert.Contains(t, after, "<dt>"+word+"</dt>")
	}
	assert.Less(t, strings.Index(after, "What happened"), strings.Index(after, "Clopper and Pearson's"))

	for _, verdict := range []trial.Verdict{trial.NotFixed, trial.Inconclusive, trial.VerdictUnknown} {
		d := reporttest.Load(t, "fixed")[0].Document
		d.Verdict = verdict
		assert.Empty(t, inCounts(d), "%q", verdict)
	}
}
