// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kcovrig/rig/fault"
	"kcovrig/rig/history"
	"kcovrig/rig/matrix"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

const (
	cell    = "nightly, arm64"
	hostile = `"><script>alert(1)</script>&lt;'` + "\u202e\x1b[31m"
)

// filled is a history of nights of a matrix with one cell, and of one run whose every text is hostile.
func filled(t *testing.T) (path string, ids []string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "h.db")
	saved, err := result.Load("../../report/testdata/runs/fixed")
	require.NoError(t, err)
	db, err := history.Open(t.Context(), path)
	require.NoError(t, err)
	add := func(doc result.Document, cell string, night int) {
		text, err := json.Marshal(doc)
		require.NoError(t, err)
		id, added, err := db.Record(t.Context(), history.Entry{
			Result: doc.Result(), Document: text, Cell: cell, At: time.Date(2026, 1, 1+night, 3, 0, 0, 0, time.UTC),
		})
		require.NoError(t, err)
		require.True(t, added)
		ids = append(ids, id)
		if cell != hostile {
			at := time.Date(2026, 1, 1+night, 3, 0, 0, 0, time.UTC)
			p := matrix.Past{Cell: cell, Night: at, At: at, Run: id, Expect: matrix.NotFixed, Status: matrix.Unexpected, CameTo: "fixed", Reason: hostile}
			require.NoError(t, db.RecordPast(t.Context(), p))
		}
	}
	for night := range 8 {
		doc := saved.Document
		doc.Spec.Seed = uint64(night + 1)
		add(doc, cell, night)
	}
	bad := saved.Document
	bad.Spec.Tree, bad.Kernel.Version, bad.Kernel.Compiler, bad.Host.CPU, bad.QEMU.Version = hostile, hostile, hostile, hostile, hostile
	bad.Reasons, bad.Notes = []string{hostile}, []string{hostile}
	bad.Measured = append([]result.ModeDocument{}, bad.Measured...)
	for i := range bad.Measured {
		bad.Measured[i].Mode = hostile
	}
	bad.Verdict = hostile
	add(bad, hostile, 9)
	ids = append(ids, onBarriers(t, db))
	at := time.Date(2026, 1, 8, 4, 0, 0, 0, time.UTC)
	require.NoError(t, db.RecordPast(t.Context(), matrix.Past{Cell: "never built", Night: at, At: at, Expect: matrix.Fixed, Status: matrix.Failed, CameTo: "kernel fault"}))
	require.NoError(t, db.Close())
	return path, ids
}

// onBarriers records a run with a report on barriers, some texts of which are hostile.
func onBarriers(t *testing.T, db *history.DB) string {
	t.Helper()
	report, err := os.ReadFile("../../report/barriers/testdata/weakened.json")
	require.NoError(t, err)
	text, err := json.Marshal(hostile)
	require.NoError(t, err)
	report = bytes.ReplaceAll(report, []byte(`"kernel/ring.c:990"`), text)
	id, _, err := db.Record(t.Context(), history.Entry{
		Result: trial.Result{Command: trial.CommandBarriers}, Document: []byte(`{}`), Cell: "of barriers", Barriers: report, At: time.Date(2026, 1, 3, 3, 0, 0, 0, time.UTC),
	})
	require.NoError(t, err)
	return id
}

func handler(t *testing.T, local bool) (http.Handler, []string) {
	t.Helper()
	path, ids := filled(t)
	db, err := history.OpenReadOnly(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	h, err := Handler(db, local)
	require.NoError(t, err)
	return h, ids
}

func ask(h http.Handler, method, target string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(method, target, nil)
	r.Host = "localhost:1"
	h.ServeHTTP(w, r)
	return w
}

func TestPages(t *testing.T) {
	h, ids := handler(t, true)
	for target, c := range map[string]struct {
		status int
		want   string
	}{
		"/":                               {200, "0 of 2 cells as expected, 1 unexpected, 1 failed; 1 cell came to something else than the night before, 2026-01-07."},
		"/?nights=2":                      {200, "2026-01-10: "},
		"/cell?name=never+built":          {200, "kernel fault"},
		"/?cell=nightly*":                 {200, `href="/cell?name=nightly%2C&#43;arm64"`},
		"/?cell=none":                     {200, "No runs"},
		"/?nights=0":                      {400, "1 to 366"},
		"/?nights=x":                      {400, "1 to 366"},
		"/cell?name=nightly%2C+arm64":     {200, "No change"},
		"/cell?name=none":                 {404, "no cell"},
		"/cell":                           {404, "3 cells fit &#34;&#34;, such as:"},
		"/run/" + ids[0]:                  {200, "History of this cell"},
		"/run/" + ids[9]:                  {200, "kcovrig barriers"},
		"/cell?name=of+barriers":          {200, "1 needed, 1 not shown to be needed"},
		"/run/" + ids[0][:8]:              {200, "2026-01-01 03:00"},
		"/run/none":                       {404, "no run"},
		"/run/":                           {404, "no such page"},
		"/nonsense":                       {404, "no such page"},
		"/run/..%2f..%2fetc%2fpasswd":     {404, "no run"},
		"/favicon.ico":                    {404, "no such page"},
		"/cell?name=%27%20OR%201%20--%20": {404, "no cell"},
	} {
		w := ask(h, "GET", target)
		assert.Equal(t, c.status, w.Code, target)
		assert.True(t, strings.Contains(w.Body.String(), c.want), "%s: no %s", target, c.want)
		assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"), target)
		assert.True(t, strings.HasSuffix(strings.TrimSpace(w.Body.String()), "</html>"), "%s is a whole page", target)
	}
	assert.False(t, strings.Contains(ask(h, "GET", "/?nights=2").Body.String(), "2026-01-01: "), "two nights are two")
}

func TestOnlyGetAndHead(t *testing.T) {
	h, ids := handler(t, true)
	for _, target := range []string{"/", "/cell?name=x", "/run/" + ids[0], "/nonsense"} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"} {
			w := ask(h, method, target)
			assert.Equal(t, http.StatusMethodNotAllowed, w.Code, "%s %s", method, target)
			assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
		}
	}
	server := httptest.NewServer(h)
	defer server.Close()
	res, err := http.Head(server.URL + "/")
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, errors.Join(err, res.Body.Close()))
	assert.Equal(t, 200, res.StatusCode)
	assert.Empty(t, body)
	assert.Positive(t, res.ContentLength)
}

// Whatever stands in a result comes out as text.
func TestHostileTextsStayText(t *testing.T) {
	h, ids := handler(t, true)
	require.Equal(t, 200, ask(h, "GET", "/cell?name="+queryOf(hostile)).Code)
	for _, target := range []string{
		"/", "/?cell=" + "%22%3E%3Cscript%3E", "/run/" + ids[8], "/run/" + ids[9], "/cell?name=" + strings.ReplaceAll(strings.ReplaceAll(queryOf(hostile), " ", "+"), "'", "%27"),
		"/cell?name=" + queryOf("<script>x"), "/run/<script>", "/<script>",
	} {
		body := ask(h, "GET", strings.ReplaceAll(target, "<", "%3C")).Body.String()
		assert.False(t, strings.Contains(body, "<script"), "%s: a script came out as one", target)
		assert.False(t, strings.ContainsAny(body, "\u202e\x1b"), "%s: it turns lines around", target)
	}
	for _, target := range []string{"/", "/run/" + ids[8]} {
		assert.True(t, strings.Contains(ask(h, "GET", target).Body.String(), "script&gt;alert(1)"), "%s: it is there, as text", target)
	}
}

func queryOf(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

var (
	styleElement = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	outside      = regexp.MustCompile(`(?i)(?:src|href|action|url\()\s*=?\s*["'(]?(?:https?:)?//`)
)

// The policy names the very styles that the pages hold, and no page asks for anything.
func TestThePolicyFitsThePages(t *testing.T) {
	h, ids := handler(t, true)
	for _, target := range []string{"/", "/cell?name=nightly%2C+arm64", "/run/" + ids[0], "/run/" + ids[9], "/none"} {
		w := ask(h, "GET", target)
		policy, body := w.Header().Get("Content-Security-Policy"), w.Body.String()
		styles := styleElement.FindAllStringSubmatch(body, -1)
		require.NotEmpty(t, styles, target)
		for _, s := range styles {
			sum := sha256.Sum256([]byte(s[1]))
			assert.Contains(t, policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'", target)
		}
		assert.Contains(t, policy, "default-src 'none'; style-src-elem 'sha256-")
		assert.NotContains(t, policy, "script-src")
		assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		assert.Empty(t, outside.FindString(body), target)
	}
}

func TestNamesFromElsewhereAreRefused(t *testing.T) {
	local, _ := handler(t, true)
	open, _ := handler(t, false)
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:80": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "127.8.9.1": 200,
		"evil.example": 421, "localhost.evil.example:8080": 421, "192.168.1.2:80": 421, "": 421, "[": 421,
	} {
		for i, h := range []http.Handler{local, open} {
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
			r.Host = host
			h.ServeHTTP(w, r)
			status := want
			if i == 1 {
				status = 200
			}
			assert.Equal(t, status, w.Code, "%q", host)
			assert.NotEmpty(t, w.Header().Get("Content-Security-Policy"))
		}
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	path, _ := filled(t)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	urls, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- Serve(ctx, Config{History: path, Ready: func(url string) { urls <- url }}) }()
	url := <-urls
	assert.True(t, strings.HasPrefix(url, "http://127.0.0.1:"), url)
	res, err := http.Get(url)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, res.Body)
	require.NoError(t, errors.Join(err, res.Body.Close()))
	assert.Equal(t, 200, res.StatusCode)
	cancel()
	require.NoError(t, <-ended)
	_, err = http.Get(url)
	require.Error(t, err, "it answers no more")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, after, "the file is as it was")
}

func TestWhatCannotBeServed(t *testing.T) {
	path, _ := filled(t)
	for name, c := range map[string]Config{
		"no history":     {},
		"no file":        {History: filepath.Join(t.TempDir(), "none")},
		"no port":        {History: path, Listen: "127.0.0.1"},
		"everywhere":     {History: path, Listen: ":8080"},
		"not an address": {History: path, Listen: "127.0.0.1:999999"},
		"not ours":       {History: path, Listen: "192.0.2.1:0"},
	} {
		err := Serve(t.Context(), c)
		require.Error(t, err, name)
		assert.Equal(t, fault.User, fault.KindOf(err), "%s: %v", name, err)
	}
}

// Beyond loopback others may reach it, and are to be told how: the address of all
// interfaces names no machine.
func TestTheAddressThatIsSaidAnswers(t *testing.T) {
	for listen, beyond := range map[string]bool{"0.0.0.0:0": true, "[::]:0": true, "127.0.0.1:0": false, "localhost:0": false, "[::1]:0": false} {
		if probe, err := net.Listen("tcp", listen); err != nil {
			t.Logf("%s: not on this machine: %v", listen, err)
			continue
		} else {
			require.NoError(t, probe.Close())
		}
		path := filepath.Join(t.TempDir(), "history.db")
		db, err := history.Open(t.Context(), path)
		require.NoError(t, err)
		require.NoError(t, db.Close())
		ctx, cancel := context.WithCancel(t.Context())
		warned, asked := "", false
		require.NoError(t, Serve(ctx, Config{History: path, Listen: listen, Warn: func(text string) { warned = text }, Ready: func(url string) {
			defer cancel()
			asked = true
			res, err := http.Get(url)
			if assert.NoError(t, err, "%s: %s", listen, url) {
				assert.Equal(t, 200, res.StatusCode, "%s: %s", listen, url)
				assert.NoError(t, res.Body.Close())
			}
		}}))
		assert.True(t, asked)
		assert.Equal(t, beyond, warned != "", "%s: %s", listen, warned)
	}
}

func TestAMachineIsNamedAsOthersReachIt(t *testing.T) {
	own := []net.IP{net.ParseIP("192.0.2.7"), net.ParseIP("2001:db8::7")}
	assert.Equal(t, "lab", nameOf("lab", []string{"192.0.2.7"}, own))
	assert.Equal(t, "192.0.2.7", nameOf("lab", []string{"127.0.1.1"}, own), "Debian's own name for itself leads nowhere else")
	assert.Equal(t, "192.0.2.7", nameOf("lab", nil, own))
	assert.Equal(t, "localhost", nameOf("lab", []string{"127.0.1.1"}, nil))
}
