// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// Known from tables of the sign test: of 20 values the 6th and the 15th.
func TestMedianInterval(t *testing.T) {
	var values []float64
	for i := range 20 {
		values = append(values, float64((i*7)%20+1))
	}
	low, high, ok := medianInterval(values)
	if !ok || low != 6 || high != 15 {
		t.Errorf("of 1 to 20: %g to %g, %t", low, high, ok)
	}
	if _, _, ok := medianInterval(values[:5]); ok {
		t.Error("five values cannot give 95 %")
	}
	if low, high, ok := medianInterval([]float64{6, 5, 4, 3, 2, 1}); !ok || low != 1 || high != 6 {
		t.Errorf("of six values: %g to %g, %t", low, high, ok)
	}
}

func TestMedianIntervalHoldsTheMedian(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	held := 0
	for range 2000 {
		values := make([]float64, 15)
		for i := range values {
			values[i] = random.ExpFloat64()
		}
		if low, high, ok := medianInterval(values); ok && low <= 0.6931 && 0.6931 <= high {
			held++
		}
	}
	if held < 1900 {
		t.Errorf("%d of 2000 intervals hold the median, want 95 %%", held)
	}
}

func TestJudgedByInterval(t *testing.T) {
	row := func(values ...float64) Row {
		return Row{Values: values, Aim: 0.97, AtLeast: true, Interval: true}
	}
	for want, r := range map[string]Row{
		"met: ":                   row(0.98, 0.99, 1, 0.99, 0.98, 1),
		"missed: ":                row(0.9, 0.91, 0.9, 0.92, 0.91, 0.9),
		"not shown: the median's": row(0.9, 0.99, 0.98, 1, 0.91, 1),
		"not shown: too few runs": row(0.98, 0.99),
	} {
		if got := r.judged(); !strings.HasPrefix(got, want) {
			t.Errorf("%v: %q, want %q", r.Values, got, want)
		}
	}
}

func TestLoadRatios(t *testing.T) {
	got, err := LoadRatios(folder(map[string]string{"outside/ratios": "0.99\n1.01\n"}))
	if err != nil || len(got) != 2 || got[1] != 1.01 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := LoadRatios(folder(nil)); err != nil || got != nil {
		t.Errorf("not measured: %v, %v", got, err)
	}
	for _, text := range []string{"", "fast"} {
		if _, err := LoadRatios(folder(map[string]string{"outside/ratios": text})); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
