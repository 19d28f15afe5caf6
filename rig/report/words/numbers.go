// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"kcovrig/rig/trial"
)

// Percent writes a share; "-" where there is none.
func Percent(share *float64) string {
	if share == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100**share)
}

// Span writes an interval of shares; "-" where there is none.
func Span(i *trial.Interval) string {
	if i == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f to %.1f %%", 100*i.Low, 100*i.High)
}

// Ratio is part of whole; nil where there is no whole.
func Ratio(part, whole uint64) *float64 {
	if whole == 0 {
		return nil
	}
	r := float64(part) / float64(whole)
	return &r
}

// Size writes a number of bytes.
func Size(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

// Unbroken keeps powers of ten from being broken at their minus.
func Unbroken(text string) string { return strings.ReplaceAll(text, "e-", "e\u2011") }

// Power writes a small number as a power of ten.
func Power(p *float64) string { return Unbroken(fmt.Sprintf("%.1e", *p)) }

// Chance writes a probability; "-" where there is none.
func Chance(p *float64) string {
	if p == nil {
		return "-"
	}
	return fmt.Sprintf("%.2g", *p)
}

// ShortTime writes nanoseconds with three digits and the unit that fits.
func ShortTime(ns float64) string {
	for _, u := range []struct {
		name string
		ns   float64
	}{{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}} {
		if ns >= u.ns {
			return threeDigits(ns/u.ns) + " " + u.name
		}
	}
	return threeDigits(ns) + " ns"
}

// threeDigits never takes the form 1e+03.
func threeDigits(v float64) string {
	digits := 2
	for limit := 10.0; digits > 0 && v >= limit; limit *= 10 {
		digits--
	}
	return strconv.FormatFloat(math.Round(v*math.Pow10(digits))/math.Pow10(digits), 'f', -1, 64)
}
