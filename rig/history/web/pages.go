// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/history"
	"kcovrig/rig/matrix"
	"kcovrig/rig/report"
	"kcovrig/rig/report/barriers"
	"kcovrig/rig/report/format"
	"kcovrig/rig/report/histories"
	"kcovrig/rig/report/page"
	"kcovrig/rig/result"
	"kcovrig/rig/trend"
)

// The nights that the first page shows: by default, and at most.
const (
	shownNights = 30
	mostNights  = 366
)

// pages serves requests from one history.
type pages struct{ db *history.DB }

// Handler serves db. local: requests that name another host are refused.
func Handler(db *history.DB, local bool) (http.Handler, error) {
	styles, err := page.StyleHashes()
	if err != nil {
		return nil, fault.Wrap(fault.Rig, "read the pages' style", err)
	}
	p := pages{db}
	mux := http.NewServeMux()
	// GET takes HEAD too; ServeMux refuses other methods with 405.
	mux.HandleFunc("GET /{$}", p.grid)
	mux.HandleFunc("GET /cell", p.cell)
	mux.HandleFunc("GET /run/{id}", p.run)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		message(w, http.StatusNotFound, "There is no such page.")
	})
	return guard(mux, policy(styles), local), nil
}

// policy lets a page use its own style and what plots carry in attributes, show
// its empty icon, and send its form back here: no script, nothing from elsewhere.
func policy(styles []string) string {
	return strings.Join([]string{
		"default-src 'none'", "style-src-elem " + strings.Join(styles, " "), "style-src-attr 'unsafe-inline'", "img-src data:",
		"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
	}, "; ")
}

func guard(next http.Handler, policy string, local bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			h.Set(name, value)
		}
		if local && !localName(r.Host) {
			message(w, http.StatusMisdirectedRequest, "This server is for localhost alone.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (p pages) grid(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	nights := shownNights
	if text := query.Get("nights"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostNights {
			message(w, http.StatusBadRequest, "nights is a number from 1 to "+strconv.Itoa(mostNights)+".")
			return
		}
		nights = n
	}
	first := histories.FirstPage{Path: p.db.Path(), Pattern: query.Get("cell"), Limit: nights, Today: time.Now()}
	latest, err := p.db.Latest(r.Context(), first.Pattern)
	// A trend needs more nights than are shown; those of a year are enough.
	since := latest.AddDate(-1, 0, -nights)
	if err == nil {
		first.Runs, err = p.db.Runs(r.Context(), history.Filter{Cell: first.Pattern, Since: since})
	}
	if err == nil {
		first.Past, err = p.db.Past(r.Context(), first.Pattern, since)
	}
	if err != nil {
		failed(w, err)
		return
	}
	respond(w, func(b io.Writer) error { return histories.WriteFirst(b, first) })
}

func (p pages) cell(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	past, err := p.db.Past(r.Context(), name, time.Time{})
	if err != nil {
		failed(w, err)
		return
	}
	of, err := p.db.Trend(r.Context(), name, time.Time{})
	if err != nil && slices.ContainsFunc(past, func(p matrix.Past) bool { return p.Cell == name }) {
		of, err = trend.NewTrend(name, nil), nil // it always failed before it ran
	}
	if err != nil {
		failed(w, err)
		return
	}
	respond(w, func(b io.Writer) error { return histories.WriteCell(b, of, past) })
}

func (p pages) run(w http.ResponseWriter, r *http.Request) {
	run, document, err := p.db.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		failed(w, err)
		return
	}
	of, is, err := p.db.Barriers(r.Context(), run.ID)
	if err != nil {
		failed(w, err)
		return
	}
	if is {
		respond(w, func(b io.Writer) error { return barriers.Reports.Render(b, format.HTML, of) })
		return
	}
	saved, err := result.Parse(run.Folder, run.At.UTC().Format("2006-01-02 15:04"), document)
	if err != nil {
		failed(w, fault.Wrap(fault.Rig, "read the run", err))
		return
	}
	respond(w, func(b io.Writer) error {
		return report.Runs.Render(b, format.HTML, report.RunsReport{Runs: []result.Saved{saved}, Options: report.Options{Cell: run.Cell}})
	})
}

// failed says what went wrong: what the history does not have is not found.
func failed(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	if fault.KindOf(err) == fault.User {
		status = http.StatusNotFound
	}
	message(w, status, err.Error())
}

func message(w http.ResponseWriter, status int, text string) {
	var b bytes.Buffer
	if err := histories.WriteMessage(&b, http.StatusText(status), text); err != nil {
		http.Error(w, text, status)
		return
	}
	send(w, status, b.Bytes())
}

// respond writes a page that is whole, or says that there is none.
func respond(w http.ResponseWriter, write func(io.Writer) error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		failed(w, err)
		return
	}
	send(w, http.StatusOK, b.Bytes())
}

func send(w http.ResponseWriter, status int, page []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(status)
	_, _ = w.Write(page) // a reader who went away is no fault
}

// localName says whether a request was meant for this machine by name. A page
// from elsewhere whose name was made to point here (DNS rebinding) comes under its own.
func localName(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.Trim(name, "[]")
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}
