// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// confidence of the intervals.
const confidence = 0.95

// medianInterval is an interval that holds the median of what the values are
// drawn from, with at least that confidence and whatever their distribution: the
// order statistics of the sign test (Conover, Practical Nonparametric
// Statistics, 3.2). False where there are too few values.
func medianInterval(values []float64) (low, high float64, ok bool) {
	v := slices.Sorted(slices.Values(values))
	below := distuv.Binomial{N: float64(len(v)), P: 0.5}
	k := 0
	for k < len(v)/2 && below.CDF(float64(k)) <= (1-confidence)/2 {
		k++
	}
	if k == 0 {
		return 0, 0, false
	}
	return v[k-1], v[len(v)-k], true
}

func (r Row) judgedByInterval() string {
	low, high, ok := medianInterval(r.Values)
	if !ok {
		return "not shown: too few runs"
	}
	word := "not shown"
	switch {
	case r.AtLeast && low >= r.Aim, !r.AtLeast && high <= r.Aim:
		word = "met"
	case r.AtLeast && high < r.Aim, !r.AtLeast && low > r.Aim:
		word = "missed"
	}
	return fmt.Sprintf("%s: the median's %g %% interval is %.3f to %.3f", word, 100*confidence, low, high)
}
