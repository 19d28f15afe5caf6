// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// browser is a headless Chromium, spoken to over its DevTools pipe. Whatever it
// asks of the network, for a page or for itself, goes to a proxy that refuses
// all but the one server under test.
type browser struct {
	t       *testing.T
	server  atomic.Pointer[url.URL] // nil: none
	in      *os.File
	out     *bufio.Reader
	session string
	last    int
	events  []event
}

type event struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

// startBrowser needs KCOVRIG_E2E=1 and a Chromium.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	if os.Getenv("KCOVRIG_E2E") != "1" {
		t.Skip("opens the reports in Chromium; to run it: scripts/test ./rig/report")
	}
	program, err := exec.LookPath("chromium")
	require.NoError(t, err, "install it: apt-get install chromium")
	b := &browser{t: t}
	proxy := httptest.NewServer(http.HandlerFunc(b.pass))
	t.Cleanup(proxy.Close)
	toBrowser, in, err := os.Pipe()
	require.NoError(t, err)
	out, fromBrowser, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-extensions",
		"--user-data-dir="+t.TempDir(), "--proxy-server="+strings.TrimPrefix(proxy.URL, "http://"), "--proxy-bypass-list=<-loopback>",
		"--remote-debugging-pipe", "about:blank")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir()) // it leaves folders there when it is killed
	cmd.ExtraFiles = []*os.File{toBrowser, fromBrowser}   // descriptors 3 and 4, as the pipe protocol wants
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	_ = toBrowser.Close()
	_ = fromBrowser.Close()
	b.in, b.out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		_, _ = in.Close(), out.Close()
	})
	b.attach()
	return b
}

// pass is the browser's proxy.
func (b *browser) pass(w http.ResponseWriter, r *http.Request) {
	if server := b.server.Load(); server != nil && r.Host == server.Host {
		(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.Out.Host = server.Host }}).ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}

func (b *browser) attach() {
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network", "Accessibility"} {
		b.call(domain+".enable", nil, nil)
	}
}

// call sends a command and waits for its answer; events on the way are kept.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.last++
	text, err := json.Marshal(map[string]any{"id": b.last, "method": method, "params": params, "sessionId": b.session})
	require.NoError(b.t, err)
	if b.session == "" {
		text = []byte(strings.Replace(string(text), `,"sessionId":""`, "", 1))
	}
	if params == nil {
		text = []byte(strings.Replace(string(text), `"params":null`, `"params":{}`, 1))
	}
	_, err = b.in.Write(append(text, 0))
	require.NoError(b.t, err)
	for {
		e := b.next()
		if e.ID != b.last {
			continue
		}
		require.Empty(b.t, string(e.Error), method)
		if result != nil {
			require.NoError(b.t, json.Unmarshal(e.Result, result), method)
		}
		return
	}
}

func (b *browser) next() event {
	b.t.Helper()
	text, err := b.out.ReadBytes(0)
	require.NoError(b.t, err)
	var e event
	require.NoError(b.t, json.Unmarshal(text[:len(text)-1], &e))
	if e.Method != "" {
		b.events = append(b.events, e)
	}
	return e
}

// open loads a page and forgets what was seen of earlier ones.
func (b *browser) open(url string) {
	b.t.Helper()
	b.events = nil
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	for !b.saw("Page.loadEventFired") {
		b.next()
	}
}

func (b *browser) saw(method string) bool {
	for _, e := range b.events {
		if e.Method == method {
			return true
		}
	}
	return false
}

// complaints are the console's messages and errors, and what the page asked of the network.
func (b *browser) complaints() []string {
	b.eval("1") // whatever was on its way has come by now
	var list []string
	for _, e := range b.events {
		switch e.Method {
		case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
			list = append(list, e.Method+" "+string(e.Params))
		case "Network.requestWillBeSent":
			var p struct{ Request struct{ URL string } }
			require.NoError(b.t, json.Unmarshal(e.Params, &p))
			server := b.server.Load()
			ours := server != nil && strings.HasPrefix(p.Request.URL, server.String())
			if !ours && !strings.HasPrefix(p.Request.URL, "file:") && !strings.HasPrefix(p.Request.URL, "data:") {
				list = append(list, "request "+p.Request.URL)
			}
		}
	}
	return list
}

// eval returns the value of a JavaScript expression as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var answer struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &answer)
	require.Empty(b.t, string(answer.ExceptionDetails), expression)
	return fmt.Sprint(answer.Result.Value)
}
