// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

const unpatched = `{"patched":false,"mode":"pc","outcome":"ok","windows":1000,"hitWindows":160,"writes":6000,"stressNS":2000000000,"firstHitNS":3000000,"bootNS":600000000}`

func folder(files map[string]string) fstest.MapFS {
	f := fstest.MapFS{}
	for name, text := range files {
		f[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return f
}

func good() map[string]string {
	return map[string]string{
		"compare/1.json":  `{"verdict":"fixed","confidence":0.9999999999,"arms":[` + unpatched + `]}`,
		"compare/1.wall":  "2.5\n",
		"emulated/1.json": `{"arms":[` + unpatched + `]}`,
		"emulated/1.wall": "5\n",
		"native/1.json":   `{"arms":[` + strings.NewReplacer("6000", "8000", `"bootNS":600000000`, `"bootNS":400000000`).Replace(unpatched) + `]}`,
		"native/1.wall":   "5\n",
		"cold/1.json":     `{"images":[{"patched":false,"cpuNS":300000000000,"wallNS":160000000000},{"patched":true,"cpuNS":6000000000,"wallNS":5000000000}]}`,
		"cold/1.wall":     "170\n",
		"fleet/1.json":    `{"load":{"Cells":10000,"Workers":200,"IdealNS":50000000000,"WallNS":54000000000,"MessagesPerCell":12.5,"CoordinatorMiB":40}}`,
		"fleet/1.wall":    "60\n",
	}
}

func value(t *testing.T, rows []Row, name string) (float64, string) {
	t.Helper()
	for _, r := range rows {
		if r.Name == name {
			if len(r.Values) != 1 {
				t.Fatalf("%s: values %v", name, r.Values)
			}
			return r.Values[0], r.judged()
		}
	}
	t.Fatalf("no row %q", name)
	return 0, ""
}

func TestRows(t *testing.T) {
	runs, err := Load(folder(good()))
	if err != nil {
		t.Fatal(err)
	}
	rows := Rows(runs, []float64{0.98})
	for _, tc := range []struct {
		name   string
		want   float64
		judged string
	}{
		{"cold build, CPU", 300, "met"},
		{"second kernel, wall", 5, "met"},
		{"10,000 stub cells on 200 workers / ideal", 1.08, "met"},
		{"messages per cell", 12.5, ""},
		{"peak memory of the coordinator", 40, ""},
		{"boot, emulator / without", 1.5, "missed"},
		{"first detection after stress starts", 3, ""},
		{"cached compare, end to end", 2.5, "met"},
		{"its verdicts that are certain", 1, "met"},
		{"stale share of windows, unpatched", 16, "met"},
		{"stale windows per second", 80, ""},
		{"copies, emulator / without", 0.75, "met"},
		{"work outside the scope, emulator / without", 0.98, "not shown: too few runs"},
	} {
		got, judged := value(t, rows, tc.name)
		if diff := got - tc.want; diff > 1e-6 || diff < -1e-6 || judged != tc.judged {
			t.Errorf("%s: %g %q, want %g %q", tc.name, got, judged, tc.want, tc.judged)
		}
	}
	table := Table(rows)
	if !strings.Contains(table, "two bare boots") || strings.Count(table, "not measured") != 4 {
		t.Errorf("what was not run must say so:\n%s", table)
	}
}

func TestOneUncertainVerdictMissesTheAim(t *testing.T) {
	r := Row{Values: []float64{1, 1, 0}, Aim: 1, AtLeast: true, Each: true}
	if got := r.judged(); got != "missed" {
		t.Errorf("judged %q", got)
	}
}

func TestLoadRefusesWhatMeasuresNothing(t *testing.T) {
	for name, file := range map[string][2]string{
		"failed run":  {"compare/1.json", `{"error":{"op":"boot","message":"gone"}}`},
		"failed boot": {"compare/1.json", `{"arms":[{"outcome":"timeout"}]}`},
		"no outcome":  {"compare/1.json", `{"arms":[{}]}`},
		"no JSON":     {"compare/1.json", `oops`},
		"no wall":     {"compare/1.wall", ""},
	} {
		files := good()
		files[file[0]] = file[1]
		if _, err := Load(folder(files)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Load(folder(nil)); err == nil {
		t.Error("empty folder: no error")
	}
}

func TestPricesAreRowsByScope(t *testing.T) {
	all, err := LoadPrices(folder(map[string]string{"price/whole-mean": "2.5\n", "price/whole-forks": "9\n", "price/never-mean": "1.1\n", "cold/1.wall": "x"}))
	if err != nil {
		t.Fatal(err)
	}
	rows := Prices(all)
	for name, want := range map[string]string{
		"time with the whole kernel in scope / without": "met", "  forks": "missed", "time with a function that is never called in scope / without": "missed",
	} {
		if _, judged := value(t, rows, name); judged != want {
			t.Errorf("%s: %q, want %q", name, judged, want)
		}
	}
	if len(rows) != 3 || rows[0].Name != "time with a function that is never called in scope / without" {
		t.Errorf("rows %v", rows)
	}
	if _, err := LoadPrices(folder(map[string]string{"price/whole-mean": "x\n"})); err == nil {
		t.Error("a price that is no number")
	}
}
