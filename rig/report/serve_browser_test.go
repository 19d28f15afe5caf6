// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/history"
	"kcovrig/rig/history/web"
	"kcovrig/rig/report"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// fillHistory makes a month of three cells: one that changes, one without an
// effect, one whose kernel fails now and then. The results are a sample's, its counts redrawn.
func fillHistory(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "h.db")
	db, err := history.Open(t.Context(), path)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	for night := range 30 {
		for cell, sample := range map[string]string{"nightly: 6.12 arm64 acquire": "fixed", "nightly: 6.12 x86_64 acquire": "no-effect", "nightly: 7.3-rc1 arm64 acquire, relaxed": "readers"} {
			saved, err := result.Load(filepath.Join("testdata", "runs", sample))
			require.NoError(t, err)
			doc := saved.Document
			doc.Spec.Seed = uint64(night + 1)
			for i := range doc.Measured {
				a := &doc.Measured[i]
				share := 0.55 + 0.05*rng.Float64()
				if night >= 25 && sample == "fixed" {
					share, doc.Kernel.Compiler = 0.9, "aarch64-linux-gnu-gcc 13"
				}
				if a.HitBlocks > 0 {
					a.HitBlocks = uint64(share * float64(a.Blocks))
					a.HitWindows = 2 * a.HitBlocks
				}
			}
			if sample == "readers" && night%9 == 4 {
				doc.Verdict, doc.Error = trial.Inconclusive, &trial.Failure{Whose: "kernel", Message: "it panicked"}
				for i := range doc.Measured {
					doc.Measured[i].Outcome = trial.OutcomeKernelFault
				}
			}
			if sample == "readers" && night%11 == 10 {
				doc.Verdict = trial.NotFixed
			}
			text, err := json.Marshal(doc)
			require.NoError(t, err)
			_, _, err = db.Record(t.Context(), history.Entry{
				Result: doc.Result(), Document: text, Cell: cell, At: time.Date(2026, 1, 1+night, 2, 30, 0, 0, time.UTC),
			})
			require.NoError(t, err)
		}
	}
	require.NoError(t, db.Close())
	return path
}

// serve runs the server as kcovrig serve does, and returns its address.
func serve(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	urls, ended := make(chan string, 1), make(chan error, 1)
	path := ""
	if os.Getenv("KCOVRIG_E2E") == "1" { // else the browser's start skips the test
		path = fillHistory(t)
	} else {
		cancel()
		return "http://127.0.0.1:1/"
	}
	go func() { ended <- web.Serve(ctx, web.Config{History: path, Ready: func(url string) { urls <- url }}) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })
	return <-urls
}

func TestHistoryInABrowser(t *testing.T) {
	root := serve(t)
	b := report.StartBrowser(t, root)
	b.Open(root)
	run := b.Eval("document.querySelector('table.grid td a').pathname")
	cell := b.Eval("document.querySelector('table.grid th a').href")
	for name, address := range map[string]string{"grid": root, "trend": cell, "run": root + strings.TrimPrefix(run, "/")} {
		b.Open(address)
		for _, width := range []int{390, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				b.Look(fmt.Sprintf("history-%s-%d-%s.png", name, width, scheme), width, scheme)
				assert.Empty(t, b.Eval(report.TooPale), "%s, %s", name, scheme)
				assert.Empty(t, b.Eval(paleCells), "%s, %s", name, scheme)
			}
		}
		assert.Empty(t, b.Complaints(), name)
		assert.Equal(t, "0", b.Eval("document.scripts.length"))
	}
}

// paleCells counts the grid's cells whose text has less contrast to the cell than 4.5.
const paleCells = `(() => {
  const lum = c => { const v = c.match(/[\d.]+/g).slice(0, 3).map(x => { x = c.startsWith('color(') ? +x : x / 255; return x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4 }); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2] };
  const bad = [];
  for (const e of document.querySelectorAll('table.grid td[class] a')) {
    const b = getComputedStyle(e.parentElement).backgroundColor;
    if (/, 0\)$/.test(b)) continue;
    const x = lum(getComputedStyle(e).color), y = lum(b);
    if ((Math.max(x, y) + .05) / (Math.min(x, y) + .05) < 4.5) bad.push(e.innerText + b);
  }
  return bad.join('; ');
})()`

func TestTheGridHasItsParts(t *testing.T) {
	root := serve(t)
	b := report.StartBrowser(t, root)
	b.Open(root)
	for expression, want := range map[string]string{
		"document.querySelectorAll('table.grid tbody tr').length":                                                                                          "3",
		"document.querySelectorAll('table.grid thead th').length":                                                                                          "15",
		"document.querySelector('table.grid thead th:nth-child(2)').innerText":                                                                             "2026-01-30",
		"[...document.querySelectorAll('table.grid td a')].every(a => a.innerText.match(/(fixed|effect|fault)/))":                                          "true",
		"document.querySelectorAll('table.grid td .changed-mark').length":                                                                                  "5",
		"new Set([...document.querySelectorAll('table.grid td.fault a')].map(a => a.innerText.includes('kernel fault'))).size":                             "1",
		"getComputedStyle(document.querySelector('td.h6, td.h5, td.h4, td.h3, td.h2')).backgroundColor == getComputedStyle(document.body).backgroundColor": "false",
	} {
		assert.Equal(t, want, b.Eval(expression), expression)
	}
	b.Follow(func() { b.Eval("document.querySelector('table.grid th a').click()") })
	assert.Equal(t, "2", b.Eval("document.querySelectorAll('figure svg.chart').length"), "pc and cmp")
	assert.Contains(t, b.Eval("document.querySelector('.changes').innerText"), "compiler: aarch64-linux-gnu-gcc 13")
	b.Follow(func() { b.Eval("document.querySelector('tbody th a').click()") })
	assert.Equal(t, "Fixed: ", b.Eval("document.querySelector('.lead').innerText.slice(0, 7)"))
	b.Follow(func() { b.Eval("document.querySelector('nav a').click()") })
	assert.Equal(t, "nightly: 6.12 arm64 acquire", b.Eval("document.querySelector('h1').innerText"))
	assert.Empty(t, b.Complaints())
}

// Without a mouse: by Tab to a run and by Enter into its report, and cells can be asked for.
func TestHistoryByKeyboard(t *testing.T) {
	root := serve(t)
	b := report.StartBrowser(t, root)
	b.Open(root)
	reached := map[string]bool{}
	for range 12 {
		b.Press("Tab", "Tab", 9, "")
		reached[b.Eval("document.activeElement.tagName + ' ' + (document.activeElement.className || document.activeElement.name || '')")] = true
		if b.Eval("document.activeElement.closest('td') !== null") == "true" {
			break
		}
	}
	for _, want := range []string{"A skip", "INPUT cell", "INPUT nights", "BUTTON ", "DIV scroll"} {
		assert.True(t, reached[want], "%s: %v", want, reached)
	}
	b.Follow(func() { b.Press("Enter", "Enter", 13, "\r") })
	assert.Contains(t, b.Eval("location.pathname"), "/run/")
	b.Open(root)
	b.Eval("document.querySelector('input[name=cell]').focus(); document.querySelector('input[name=cell]').value = '*x86_64*'; 0")
	b.Follow(func() { b.Press("Enter", "Enter", 13, "\r") })
	assert.Equal(t, "1", b.Eval("document.querySelectorAll('table.grid tbody tr').length"))
	assert.Empty(t, b.Complaints())
}
